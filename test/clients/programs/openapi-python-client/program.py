import base64
import hashlib
import io
import sys
import time
import uuid

from ardm_compression_service_client import AuthenticatedClient
from ardm_compression_service_client.api.compression import compress, decompress, inspect
from ardm_compression_service_client.api.jobs import create_job, delete_job, follow_job, get_job, get_result, list_jobs
from ardm_compression_service_client.api.models import get_model, list_models
from ardm_compression_service_client.api.operation import get_contract, get_metrics, get_readiness
from ardm_compression_service_client.models import Operation, Problem
from ardm_compression_service_client.types import File

url, binary_path, text_path, key = sys.argv[1:]

# begin recipe
client = AuthenticatedClient(base_url=url, token=key)


def upload(file: bytes) -> dict:
    digest = "sha-256=:" + base64.b64encode(hashlib.sha256(file).digest()).decode() + ":"
    return {"client": client, "body": File(io.BytesIO(file)), "content_digest": digest}


def content(answer: File | Problem | None) -> bytes:
    if isinstance(answer, File):
        return answer.payload.read()
    raise RuntimeError(f"{answer.code}: {answer.detail}" if answer else "an answer that is not in the contract")


def round_trip(file: bytes) -> bytes:
    archive = content(compress.sync(**upload(file)))
    return content(decompress.sync(**upload(archive)))
# end recipe


def refusal(status, answer):
    assert answer.status_code == status, answer
    assert isinstance(answer.parsed, Problem), answer
    return answer.parsed


def submit(operation, file, **options):
    job = create_job.sync(**upload(file), operation=operation, idempotency_key=str(uuid.uuid4()), **options)
    while job.state in ("queued", "active"):
        time.sleep(0.1)
        job = get_job.sync(job.id, client=client)
    return job


with open(binary_path, "rb") as stream:
    binary = stream.read()
with open(text_path, "rb") as stream:
    text = stream.read()
model = list_models.sync(client=client).models[0]

assert round_trip(binary) == binary
print("ok: round trip")

archive = content(compress.sync(**upload(text), calls="64", model=model.id))
assert content(decompress.sync(**upload(archive))) == text
print("ok: round trip with calls")

refused = refusal(422, decompress.sync_detailed(**upload(binary)))
assert (refused.status, refused.code) == (422, "not-an-archive"), refused
print("ok: typed problem")

mistaken = {**upload(text), "body": File(io.BytesIO(binary))}
assert refusal(400, compress.sync_detailed(**mistaken)).code == "content-digest-mismatch"
print("ok: digest")

of_stored = inspect.sync(**upload(content(compress.sync(**upload(binary)))))
assert (of_stored.original_size, of_stored.segments[0].model) == (len(binary), None), of_stored
of_archive = inspect.sync(**upload(archive))
assert (of_archive.segments[0].model, of_archive.segments[0].calls) == (model.id, 64), of_archive
print("ok: inspect")

compressed = submit(Operation.COMPRESS, text, calls="64", model=model.id)
assert (compressed.state, compressed.calls, compressed.failure) == ("done", 64, None), compressed
assert compressed.result.size == len(archive), compressed
result = content(get_result.sync(compressed.id, client=client))
assert result == archive
restored = submit(Operation.DECOMPRESS, result)
assert (restored.state, restored.calls) == ("done", None), restored
assert content(get_result.sync(restored.id, client=client)) == text
print("ok: job")

failed = submit(Operation.DECOMPRESS, binary)
assert (failed.state, failed.failure.code, failed.result) == ("failed", "not-an-archive", None), failed
print("ok: failed job")

assert get_model.sync(model.id, client=client).hash_ == model.hash_
assert get_readiness.sync(client=client).status == "ready"
assert get_contract.sync(client=client).startswith("openapi: 3")
assert "# HELP" in get_metrics.sync(client=client)
assert "event: state" in follow_job.sync(failed.id, client=client)
assert delete_job.sync_detailed(failed.id, client=client).status_code == 204
assert len(list_jobs.sync(client=client).jobs) > 0
assert refusal(404, get_job.sync_detailed(failed.id, client=client)).code == "job-not-found"
print("ok: other operations")
