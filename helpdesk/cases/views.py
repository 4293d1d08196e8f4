"""Files of messages, by signed link. Receivers of a webhook need no session; an agent's link needs that agent's."""

from django.http import FileResponse, Http404, HttpRequest

from helpdesk.cases import files
from helpdesk.cases.models import Attachment


def file(request: HttpRequest, proof: str) -> FileResponse:
    """Serves one file; pictures in the page, everything else as a download, never as a page of ours."""
    try:
        attachment = files.opened(proof, by=request.user)
    except Attachment.DoesNotExist:
        raise Http404 from None
    inline = attachment.mime in files.INLINE
    answer = FileResponse(
        attachment.file.open("rb"),
        as_attachment=not inline,
        filename=attachment.name,
        content_type=attachment.mime if inline else "application/octet-stream",
    )
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, max-age=3600"
    return answer
