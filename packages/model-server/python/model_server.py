"""Serves one model of Python, kept with joblib, over the Open Inference Protocol v2 and /predict.

    python model_server.py --model model.joblib --name iris --version 1     (it listens where HOST and PORT say)

With --check it only loads the model, and ends with 1 and a reason when that fails.
"""

import argparse
import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import joblib
import numpy as np

MAX_BODY = 33_554_432
CONCURRENCY = 4
QUEUE = 256
SECONDS = 60

DTYPES = {
    "BOOL": "bool",
    "UINT8": "uint8",
    "UINT16": "uint16",
    "UINT32": "uint32",
    "UINT64": "uint64",
    "INT8": "int8",
    "INT16": "int16",
    "INT32": "int32",
    "INT64": "int64",
    "FP16": "float16",
    "FP32": "float32",
    "FP64": "float64",
    "BYTES": "object",
}


class Refused(Exception):
    """What the caller is told, with the status of the answer."""

    def __init__(self, text, status=400):
        super().__init__(text)
        self.status = status


def field(body, name, kind, words):
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise Refused(f"{name} is {json.dumps(value)[:80]}; allowed: {words}")
    return value


def datatype_of(array):
    for name, dtype in DTYPES.items():
        if array.dtype == np.dtype(dtype):
            return name
    return "BYTES"


def plain(value):
    """JSON has no word for what is no number: it is null."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if isinstance(value, (bool, int, float, str)) or value is None else str(value)


class Served:
    def __init__(self, model, name, version):
        self.model, self.name, self.version = model, name, version
        self.slots = threading.BoundedSemaphore(CONCURRENCY)
        self.waiting = threading.BoundedSemaphore(CONCURRENCY + QUEUE)

    def metadata(self):
        features = getattr(self.model, "n_features_in_", -1)
        outputs = [{"name": "predict", "datatype": "FP64", "shape": [-1]}]
        if hasattr(self.model, "predict_proba"):
            outputs.append({"name": "predict_proba", "datatype": "FP64", "shape": [-1, -1]})
        inputs = [{"name": "input", "datatype": "FP64", "shape": [-1, int(features)]}]
        return {"inputs": inputs, "outputs": outputs}

    def run(self, rows, wanted):
        """The outputs by name. Whatever the model cannot take is the caller's fault."""
        if not self.waiting.acquire(blocking=False):
            raise Refused("too many requests wait; come back later", 503)
        try:
            if not self.slots.acquire(timeout=SECONDS):
                raise Refused("no turn came in time; come back later", 503)
            try:
                return {name: np.asarray(getattr(self.model, name)(rows)) for name in wanted}
            except Exception as error:  # noqa: BLE001 - a model may raise anything
                raise Refused(f"the model refused its inputs: {error}") from error
            finally:
                self.slots.release()
        finally:
            self.waiting.release()

    def infer(self, body):
        tensors = field(body, "inputs", list, "a list with one tensor")
        if len(tensors) != 1:
            raise Refused(f"inputs has {len(tensors)} tensors; allowed: one")
        tensor = tensors[0]
        kind = field(tensor, "datatype", str, f"one of {', '.join(DTYPES)}")
        if kind not in DTYPES:
            raise Refused(f"inputs[0].datatype is {kind}; allowed: one of {', '.join(DTYPES)}")
        shape = field(tensor, "shape", list, "a list of lengths")
        if not all(isinstance(length, int) and not isinstance(length, bool) and length >= 0 for length in shape):
            raise Refused(f"inputs[0].shape is {shape}; allowed: whole numbers from 0 on")
        data = field(tensor, "data", list, "a list")
        try:
            rows = np.asarray(data, dtype=DTYPES[kind]).reshape(shape)
        except (ValueError, TypeError, OverflowError) as error:
            raise Refused(f"inputs[0].data does not fit {kind} {shape}: {error}") from error
        known = [port["name"] for port in self.metadata()["outputs"]]
        asked = body.get("outputs") or [{"name": name} for name in known]
        wanted = [field(output, "name", str, f"one of {', '.join(known)}") for output in asked]
        unknown = [name for name in wanted if name not in known]
        if unknown:
            raise Refused(f"outputs has {unknown[0]}; allowed: one of {', '.join(known)}")
        answers = self.run(rows, wanted)
        return {
            "model_name": self.name,
            "model_version": self.version,
            **({"id": body["id"]} if isinstance(body.get("id"), str) else {}),
            "outputs": [
                {
                    "name": name,
                    "shape": list(array.shape),
                    "datatype": datatype_of(array),
                    "data": plain(array.ravel().tolist()),
                }
                for name, array in answers.items()
            ],
        }

    def predict(self, body):
        given = [name for name in ("instances", "inputs") if isinstance(body, dict) and name in body]
        if len(given) != 1:
            raise Refused("the body has " + (" and ".join(given) or "neither") + "; allowed: exactly one of instances and inputs")
        rows = field(body, given[0], list, "a list with one entry for each prediction")
        if not rows:
            raise Refused(f"{given[0]} is empty; allowed: at least one entry")
        try:
            matrix = np.asarray(rows)
        except ValueError as error:
            raise Refused(f"{given[0]} has entries of several shapes") from error
        answers = plain(self.run(matrix, ["predict"])["predict"].tolist())
        return {"predictions": answers} if given[0] == "instances" else {"outputs": answers}


def handler_of(served, base=""):
    about = {"name": served.name, "versions": [served.version], "platform": "sklearn_joblib"}
    paths = {f"/v2/models/{served.name}", f"/v2/models/{served.name}/versions/{served.version}"}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = SECONDS

        def log_message(self, *_args):
            pass

        def asked(self):
            """The path below the base; one that is not below it stays as it is."""
            path = self.path.split("?", 1)[0]
            return path[len(base) :] or "/" if base and f"{path}/".startswith(f"{base}/") else path

        def do_GET(self):  # noqa: N802 - the name is the library's
            path = self.asked()
            if path == "/v2":
                return self.answer(200, {"name": "sluice-model-server", "version": "0.1.0", "extensions": []})
            if path == "/v2/health/live":
                return self.answer(200, {"live": True})
            if path == "/v2/health/ready":
                return self.answer(200, {"ready": True})
            if path in paths:
                return self.answer(200, {**about, **served.metadata()})
            if path.removesuffix("/ready") in paths:
                return self.answer(200, {"name": served.name, "ready": True})
            if path == "/predict":
                usage = "POST a JSON object with `instances`, a list with one entry for each prediction"
                info = {"model": served.name, "version": served.version, **served.metadata(), "usage": usage}
                return self.answer(200, info)
            return self.answer(404, {"error": f"no GET {path}"})

        def do_POST(self):  # noqa: N802
            path = self.asked()
            try:
                body = self.body()
                if path == "/predict":
                    return self.answer(200, served.predict(body))
                if path.removesuffix("/infer") in paths and path.endswith("/infer"):
                    return self.answer(200, served.infer(body))
                raise Refused(f"no POST {path}", 404)
            except Refused as refused:
                return self.answer(refused.status, {"error": str(refused)})
            except Exception as error:  # noqa: BLE001 - one request must never end the server
                print(f"unexpected: {error!r}", file=sys.stderr, flush=True)
                return self.answer(500, {"error": "an unexpected error; the log of the instance has it"})

        def body(self):
            length = self.headers.get("content-length", "")
            if not length.isdigit():
                self.close_connection = True
                raise Refused("the length of the body is not told", 411)
            if int(length) > MAX_BODY:
                self.close_connection = True
                raise Refused(f"the body is larger than {MAX_BODY} bytes", 413)
            text = self.rfile.read(int(length))
            if not self.headers.get("content-type", "").startswith("application/json"):
                raise Refused("the body is not application/json", 415)
            try:
                return json.loads(text)
            except (ValueError, RecursionError) as error:
                raise Refused(f"the body is no JSON: {error}") from error

        def answer(self, status, body):
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json; charset=utf-8")
            self.send_header("content-length", str(len(text)))
            if self.close_connection:
                self.send_header("connection", "close")
            self.end_headers()
            self.wfile.write(text)

    return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128


def load(path):
    try:
        model = joblib.load(path)
    except Exception as error:  # noqa: BLE001 - unpickling may raise anything
        sys.exit(f"joblib cannot load {os.path.basename(path)}: {type(error).__name__}: {error}")
    if not callable(getattr(model, "predict", None)):
        sys.exit(f"{os.path.basename(path)} holds a {type(model).__name__}, which has no predict")
    return model


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--name", default="model")
    parser.add_argument("--version", default="1")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--base-path", default="")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    model = load(options.model)
    if options.check:
        return
    address = (os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8080")))
    served = Served(model, options.name, options.version)
    server = Server(address, handler_of(served, options.base_path.rstrip("/")))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()
    # Idle keep-alive connections have threads of their own, which end with their timeout: those in use were answered.
    os._exit(0)


if __name__ == "__main__":
    main()
