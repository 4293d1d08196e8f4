"""The agents' stream. It asks the database once, and from its first byte on holds neither connection nor thread."""

import time
from collections.abc import AsyncIterator

from asgiref.sync import SyncToAsync, sync_to_async
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_GET

from helpdesk.cases import listening
from helpdesk.live import readers, wake
from helpdesk.live.hub import HUB
from helpdesk.live.streams import BEAT, NEWS, RESYNC, Stream, opening

# Seconds: what stands between often cuts what is silent for 30.
LONGEST_WAIT = 25
# Of one session in one process: tabs of a browser. Anybody may begin a session, and each stream holds a socket.
MOST_STREAMS = 30


@require_GET
async def stream(request: HttpRequest) -> HttpResponseBase:
    """Server-sent events: `{"case": 12, "kinds": ["message.added"]}`, as far as the agent may see the case.

    `Last-Event-ID`, or `?after=`, goes on where an earlier stream ended. Event `hello`: nothing was missed since that
    id; event `resync`: something was, read all anew. 401 for a stranger: an EventSource does not come again then.
    """
    reader = await sync_to_async(readers.ask)(request)
    if reader is None:
        return HttpResponse(status=401)
    return answer(tell(Stream(reader, cursor_of(request))))


@require_GET
async def listen(request: HttpRequest, sort: str, name: str) -> HttpResponseBase:
    """The stream of others than agents, such as `/live/chat/<widget>/`: as `stream`, told what is theirs.

    `?wait=25` is for clients whose network lets no stream through: the answer ends with the first news, or after so
    many seconds (25 at most), and is asked for again. 401 for a stranger, also when a session has ended; 429 for one
    with too many streams already.
    """
    listeners = listening.of(sort)
    if listeners is None:
        return HttpResponse(status=404)
    listener = await sync_to_async(listeners.ask)(request, name)
    if listener is None:
        return HttpResponse(status=401)
    if HUB.held_by(listener) >= MOST_STREAMS:
        return HttpResponse(status=429, headers={"Retry-After": str(LONGEST_WAIT)})
    stream = Stream(listener, cursor_of(request))
    wait = request.GET.get("wait")
    if wait is None:
        return answer(tell(stream))
    return answer(poll(stream, min(int(wait), LONGEST_WAIT) if wait.isdecimal() and len(wait) < 5 else LONGEST_WAIT))


def cursor_of(request: HttpRequest) -> str:
    return request.headers.get("Last-Event-ID") or request.GET.get("after", "")


def answer(body: AsyncIterator[bytes]) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        body,
        content_type="text/event-stream",
        headers={"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"},
    )


async def tell(stream: Stream) -> AsyncIterator[bytes]:
    """The body of the answer: until the client goes, or the hub ends the stream."""
    await let_go()
    yield opening()
    HUB.join(stream)
    wake.listen()
    try:
        while (chunk := await stream.next()) is not None:
            yield chunk
    finally:
        HUB.leave(stream)


async def poll(stream: Stream, seconds: int) -> AsyncIterator[bytes]:
    """The same to the first news: a greeting is none."""
    await let_go()
    HUB.join(stream)
    wake.listen()
    end = time.monotonic() + seconds
    try:
        while (chunk := await stream.next(max(0.01, end - time.monotonic()))) not in (None, BEAT):
            yield chunk or b""
            if RESYNC in (chunk or b"") or NEWS in (chunk or b""):
                return
    finally:
        HUB.leave(stream)


async def let_go() -> None:
    """Gives back the request's database connections, and the thread that Django would keep until the answer ends."""
    await sync_to_async(connections.close_all)()
    context = SyncToAsync.thread_sensitive_context.get(None)
    executor = SyncToAsync.context_to_thread_executor.pop(context, None) if context else None
    if executor is not None:
        executor.shutdown(wait=False)
