import base64
import hashlib
import sys
import time
import uuid

import openapi_client
from openapi_client.models.operation import Operation
from openapi_client.models.problem import Problem

url, binary_path, text_path, key = sys.argv[1:]

# begin recipe
client = openapi_client.ApiClient(openapi_client.Configuration(host=url, access_token=key))
api = openapi_client.CompressionApi(client)


def digest(file: bytes) -> str:
    return "sha-256=:" + base64.b64encode(hashlib.sha256(file).digest()).decode() + ":"


def round_trip(file: bytes) -> bytes:
    archive = bytes(api.compress(body=file, content_digest=digest(file)))
    return bytes(api.decompress(body=archive, content_digest=digest(archive)))


def problem(error: openapi_client.ApiException) -> Problem:
    return error.data
# end recipe


jobs = openapi_client.JobsApi(client)


def refusal(status, call):
    try:
        call()
    except openapi_client.ApiException as error:
        assert error.status == status, error
        assert isinstance(problem(error), Problem), error
        return problem(error)
    raise AssertionError(f"not refused with {status}")


def submit(operation, file, **options):
    key = str(uuid.uuid4())
    job = jobs.create_job(operation, body=file, content_digest=digest(file), idempotency_key=key, **options)
    while job.state in ("queued", "active"):
        time.sleep(0.1)
        job = jobs.get_job(job.id)
    return job


with open(binary_path, "rb") as stream:
    binary = stream.read()
with open(text_path, "rb") as stream:
    text = stream.read()
models = openapi_client.ModelsApi(client)
model = models.list_models().models[0]

assert round_trip(binary) == binary
print("ok: round trip")

archive = bytes(api.compress(calls="64", model=model.id, body=text, content_digest=digest(text)))
assert api.decompress(body=archive) == text
print("ok: round trip with calls")

refused = refusal(422, lambda: api.decompress(body=binary))
assert (refused.status, refused.code) == (422, "not-an-archive"), refused
print("ok: typed problem")

noticed = refusal(400, lambda: api.compress(body=binary, content_digest=digest(text)))
assert noticed.code == "content-digest-mismatch", noticed
print("ok: digest")

of_stored = api.inspect(body=bytes(api.compress(body=binary)))
assert (of_stored.original_size, of_stored.segments[0].model) == (len(binary), None), of_stored
of_archive = api.inspect(body=archive)
assert (of_archive.segments[0].model, of_archive.segments[0].calls) == (model.id, 64), of_archive
print("ok: inspect")

compressed = submit(Operation.COMPRESS, text, calls="64", model=model.id)
assert (compressed.state, compressed.calls.actual_instance, compressed.failure) == ("done", 64, None), compressed
assert compressed.result.size == len(archive), compressed
result = bytes(jobs.get_result(compressed.id))
assert result == archive
restored = submit(Operation.DECOMPRESS, result)
assert (restored.state, restored.calls) == ("done", None), restored
assert jobs.get_result(restored.id) == text
print("ok: job")

failed = submit(Operation.DECOMPRESS, binary)
assert (failed.state, failed.failure.code, failed.result) == ("failed", "not-an-archive", None), failed
print("ok: failed job")

operation = openapi_client.OperationApi(client)
assert models.get_model(model.id).hash == model.hash
assert operation.get_readiness().status == "ready"
assert operation.get_contract().startswith("openapi: 3")
assert "# HELP" in operation.get_metrics()
assert "event: state" in jobs.follow_job(failed.id)
assert jobs.delete_job(failed.id) is None
assert len(jobs.list_jobs().jobs) > 0
assert refusal(404, lambda: jobs.get_job(failed.id)).code == "job-not-found"
print("ok: other operations")
