"""A user's day with the client, on a real server that runs real programs."""

from __future__ import annotations

import asyncio

import pytest

from sluice import ApiError, AsyncDeploymentClient, DeploymentClient, UnreachableError, WaitTimeoutError

GREETER = {"command": ["node", "server.mjs"], "workdir": "examples/greeter"}


def spec(version: str) -> dict[str, object]:
    return {**GREETER, "env": {"VERSION": version, "MODE": "good"}}


def test_a_version_is_delivered_updated_scaled_taken_back_and_removed(client: DeploymentClient, name: str) -> None:
    first = client.create_deployment(
        name=name,
        version="1.0.0",
        environment="development",
        spec=spec("1.0.0"),
        health_check={"path": "/healthz", "interval": 0.2},
        labels={"made-by": "python"},
    )
    assert first.rollout is not None
    assert first.wait(60).status == "running"
    assert first.rollout.phase == "completed"
    assert [event["type"] for event in first.rollout.events()]

    client.create_version(name, "1.1.0", spec("1.1.0"))
    second = first.update(version="1.1.0", strategy={"type": "immediate"})
    assert second.wait(60).data["version"] == "1.1.0"
    assert second.scale(2).data["replicas"] == 2

    back = second.rollback("changed my mind").wait(60)
    assert back.phase == "completed"
    assert client.get_deployment(name, "development").data["version"] == "1.0.0"

    assert name in [deployment.name for deployment in client.list_deployments(environment="development")]
    second.delete()


def test_creating_what_is_there_rolls_the_version_out_to_it(client: DeploymentClient, name: str) -> None:
    client.create_deployment(name=name, version="1", environment="development", spec=spec("1")).wait(60)
    again = client.create_deployment(name=name, version="2", environment="development", spec=spec("2"))
    assert again.rollout is not None
    assert again.rollout.data["fromVersion"] == "1"
    with pytest.raises(ApiError) as refused:
        client.create_deployment(name=name, version="2", environment="development", if_exists="error")
    assert refused.value.code == "already_exists"
    again.wait(60).delete()


def test_a_refusal_names_every_bad_field(client: DeploymentClient, name: str) -> None:
    with pytest.raises(ApiError) as refused:
        client.create_deployment(
            name=name, version="1", environment="development", spec=spec("1"), scaling={"min": 5, "max": 2}
        )
    assert refused.value.status == 400
    assert refused.value.code == "invalid_argument"
    assert any("scaling" in bad["field"] for bad in refused.value.errors)


def test_an_unknown_token_is_refused(token: str) -> None:
    with DeploymentClient(api_key=f"{token}x") as stranger, pytest.raises(ApiError) as refused:
        stranger.list_deployments()
    assert refused.value.status == 401


def test_a_server_that_is_not_there_is_no_answer() -> None:
    with DeploymentClient(base_url="http://127.0.0.1:9") as lonely, pytest.raises(UnreachableError):
        lonely.list_deployments()


def test_waiting_ends_with_the_time_that_was_given(client: DeploymentClient, name: str) -> None:
    client.create_deployment(name=name, version="1", environment="development", spec=spec("1")).wait(60)
    held = client.create_deployment(
        name=name,
        version="2",
        environment="development",
        spec=spec("2"),
        strategy={"type": "canary", "steps": [{"setWeight": 5}, {"wait": {"approval": True}}]},
    )
    assert held.rollout is not None
    with pytest.raises(WaitTimeoutError):
        held.rollout.wait(1.0)
    assert held.rollout.cancel("enough").wait(60).phase == "cancelled"
    held.delete()


def test_events_are_followed_while_they_happen(client: DeploymentClient, name: str) -> None:
    started = client.create_deployment(name=name, version="1", environment="development", spec=spec("1"))
    assert started.rollout is not None
    seen = []
    for event in started.rollout.events(follow=True):
        seen.append(event["type"])
        if event["data"].get("to") == "completed" or "completed" in event["message"] or len(seen) > 50:
            break
    assert len(seen) > 2
    started.refresh().delete()


def test_the_same_without_blocking(token: str, name: str) -> None:
    async def day() -> list[str]:
        async with AsyncDeploymentClient(api_key=token) as client:
            both = await asyncio.gather(
                *(
                    client.create_deployment(
                        name=f"{name}-{number}",
                        artifact=name,
                        version=number,
                        environment="development",
                        spec=spec(number),
                    )
                    for number in ("1", "2")
                ),
                return_exceptions=True,
            )
            # Two that register the same new artifact at once: one may be told that it is there.
            for number, outcome in zip(("1", "2"), both, strict=True):
                if isinstance(outcome, ApiError):
                    await client.create_deployment(
                        name=f"{name}-{number}",
                        artifact=name,
                        version=number,
                        environment="development",
                        spec=spec(number),
                    )
            statuses = []
            for number in ("1", "2"):
                deployment = await client.get_deployment(f"{name}-{number}", "development")
                active = deployment.data["activeRollout"]
                if active is not None:
                    await (await client.get_rollout(active)).wait(60)
                statuses.append(await deployment.get_status())
                await deployment.delete()
            return [str(status) for status in statuses]

    assert asyncio.run(day()) == ["running", "running"]
