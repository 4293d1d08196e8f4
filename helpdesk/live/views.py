"""The agents' stream. It asks the database once, and from its first byte on holds neither connection nor thread."""

from collections.abc import AsyncIterator

from asgiref.sync import SyncToAsync, sync_to_async
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_GET

from helpdesk.live import readers, wake
from helpdesk.live.hub import HUB
from helpdesk.live.streams import Stream, opening


@require_GET
async def stream(request: HttpRequest) -> HttpResponseBase:
    """Server-sent events: `{"case": 12, "kinds": ["message.added"]}`, as far as the agent may see the case.

    `Last-Event-ID`, or `?after=`, goes on where an earlier stream ended. Event `hello`: nothing was missed since that
    id; event `resync`: something was, read all anew. 401 for a stranger: an EventSource does not come again then.
    """
    reader = await sync_to_async(readers.ask)(request)
    if reader is None:
        return HttpResponse(status=401)
    cursor = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    return StreamingHttpResponse(
        tell(Stream(reader, cursor)),
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


async def let_go() -> None:
    """Gives back the request's database connections, and the thread that Django would keep until the answer ends."""
    await sync_to_async(connections.close_all)()
    context = SyncToAsync.thread_sensitive_context.get(None)
    executor = SyncToAsync.context_to_thread_executor.pop(context, None) if context else None
    if executor is not None:
        executor.shutdown(wait=False)
