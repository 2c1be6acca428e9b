"""What the OpenAPI document says beside what the views say of themselves."""

from __future__ import annotations

from typing import Any

from frankenpanel.problems import MEDIA_TYPE

PROBLEM = {
    "type": "object",
    "description": "An error, as RFC 9457 has it. Scripts may rely on the code; the detail is a sentence for people.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "example": "busy"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "Each wrong field.",
            "items": {
                "type": "object",
                "required": ["field", "detail"],
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
        "operation": {"type": "integer", "description": "The operation that is in the way."},
    },
}
ANSWER = {
    "description": "A problem.",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def with_problems(result: dict[str, Any], **options: Any) -> dict[str, Any]:
    """drf-spectacular's hook: every operation may also answer with a problem."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for methods in result["paths"].values():
        for operation in methods.values():
            operation["responses"]["default"] = ANSWER
    return result
