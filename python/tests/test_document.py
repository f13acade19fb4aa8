"""The example that the platform's document prints, as it is written there; only the package and the key are ours."""

from __future__ import annotations

import pytest

EXAMPLE = """
from sluice import DeploymentClient

client = DeploymentClient(api_key="your-api-key")

# Create deployment
deployment = client.create_deployment(
    name="sentiment-analyzer",
    type="model",
    image="myregistry/sentiment:v2.0",
    environment="production",
    resources={
        "cpu": "2",
        "memory": "4Gi",
        "gpu": "1"
    },
    scaling={
        "min": 2,
        "max": 10,
        "target_cpu": 70
    }
)

# Monitor deployment
status = deployment.get_status()
print(f"Deployment status: {status}")
"""


def test_the_printed_example_runs_as_written(token: str, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    exec(compile(EXAMPLE.replace("your-api-key", token), "example", "exec"), names)  # noqa: S102
    assert capsys.readouterr().out.startswith("Deployment status: ")
    deployment = names["deployment"]
    assert getattr(deployment, "data")["version"] == "v2.0"  # noqa: B009
    config = getattr(deployment, "data")["config"]  # noqa: B009
    assert config["resources"] == {"limits": {"cpu": "2", "memory": "4Gi", "gpu": "1"}}
    assert config["scaling"] == {"min": 2, "max": 10, "targetCpu": 70}
    assert getattr(deployment, "data")["replicas"] == 2  # noqa: B009
