"""The same small API for uvicorn (asgi) and gunicorn (wsgi); LOG_KIND is plain, loguru, structlog or json."""
import json
import logging
import os
import random
import sys
import time

KIND = os.environ.get("LOG_KIND", "plain")
if KIND == "loguru":
    from loguru import logger

    logger.remove()
    logger.add(sys.stdout, level="TRACE", backtrace=True)
    say = lambda level, message, **fields: logger.bind(**fields).log(level.upper(), message + " " + " ".join(f"{k}={v!r}" for k, v in fields.items()))
    failed = lambda: logger.exception("unhandled error")
elif KIND == "structlog":
    import structlog

    structlog.configure(processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso"), structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"])])
    log = structlog.get_logger()
    say = lambda level, message, **fields: getattr(log, level)(message, **fields)
    failed = lambda: log.exception("unhandled error")
elif KIND == "json":

    def say(level, message, **fields):
        print(json.dumps({"timestamp": time.time(), "severity": level.upper(), "message": message, "logger": "shop.api", **fields}), flush=True)

    failed = lambda: say("error", "unhandled error", exc=repr(sys.exc_info()[1]))
else:
    logging.basicConfig(level=logging.DEBUG, format="%(asctime)s %(levelname)-8s [%(name)s:%(lineno)d] %(process)d %(message)s", stream=sys.stdout)
    log = logging.getLogger("shop.api")
    say = lambda level, message, **fields: getattr(log, level)("%s %s", message, fields)
    failed = lambda: log.exception("unhandled error")


def answer(method, path, client):
    began = time.perf_counter()
    if random.random() < 0.3:
        say("debug", "loaded from cache", key="page:" + path, ttl=random.randrange(600))
    try:
        if random.random() < 0.04:
            return {}[path.strip("/").split("/")[0]]
    except KeyError:
        failed()
        return 500, {"detail": "Internal Server Error"}
    status = random.choices([200, 201, 404, 403, 422], [80, 5, 10, 2, 3])[0]
    if status == 422:
        say("warning", "validation failed", field=random.choice(["email", "quantity", "sku"]), path=path)
    say("info", "handled", method=method, path=path, status=status, client=client, ms=round((time.perf_counter() - began) * 1000, 3))
    return status, {"path": path, "status": status}


async def asgi(scope, receive, send):
    if scope["type"] != "http":
        return
    headers = dict(scope["headers"])
    status, body = answer(scope["method"], scope["path"], headers.get(b"x-forwarded-for", b"-").decode())
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


def wsgi(environ, start_response):
    status, body = answer(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("HTTP_X_FORWARDED_FOR", "-"))
    start_response(f"{status} X", [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]
