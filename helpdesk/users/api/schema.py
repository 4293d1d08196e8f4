"""The OpenAPI description of our views: what each takes stands in its `bodies`, answers are objects."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes


class Schema(AutoSchema):
    """Reads `bodies` ({action: serializer class}) of an `ApiView`; `extend_schema` on a method goes before it."""

    def _is_list_view(self, serializer: Any = None) -> bool:
        return getattr(self.view, "action", "") == "list"

    def get_request_serializer(self) -> Any:
        return getattr(self.view, "bodies", {}).get(getattr(self.view, "action", ""))

    def get_response_serializers(self) -> Any:
        return {"201" if self.method == "POST" else "200": OpenApiTypes.OBJECT}

    def get_filter_backends(self) -> list[Any]:
        return []

    def _get_paginator(self) -> None:
        return None
