"""What a storefront's approvals, segments, companies and assistant must look like upstream, written down by hand.

Sources: Emporix' OpenAPI documents of approval, customer segments, client management, IAM, customer service (tenant
managed), AI service, in its public repository of API references at e9030d48.
"""

from __future__ import annotations

from tests.support.journeys.storefront_rule import (
    ARRAY,
    DONE,
    EMPTY,
    JSON_PATCH,
    MADE,
    OBJECT,
    PAGES,
    SEARCH,
    TOTAL,
    entity,
    of_set,
)
from tests.support.journeys.storefront_shapes import Answer, Body, Holder, Row, Saas

_APPROVALS = "/approval/{tenant}/approvals"
_SEGMENTS = "/customer-segment/{tenant}/segments"
_COMPANIES = "/customer-management/{tenant}/legal-entities"
_GROUPS = "/iam/{tenant}/groups"
_COLLEAGUES = "/customer/{tenant}/customers"
_ASSISTANT = "/ai-service/{tenant}/agentic"
_OF_COMPANY = (
    "id name type parentId legalInfo.legalName legalInfo.registrationDate legalInfo.taxRegistrationNumber"
    " legalInfo.registrationAgency legalInfo.countryOfRegistration legalInfo.registrationId"
)
_NEVER_A_CUSTOMER_OF_CHOICE = frozenset({"customerId"})

_approval = of_set("approvals", Holder.CUSTOMER)
APPROVALS: tuple[Row, ...] = (
    _approval("GET", _APPROVALS, ARRAY, query=SEARCH, total=TOTAL),
    _approval("POST", _APPROVALS, MADE, saas=Saas.IF_HELD, body=Body.OBJECT),
    _approval("GET", _APPROVALS + "/{approvalId}", OBJECT),
    _approval("PATCH", _APPROVALS + "/{approvalId}", EMPTY, body=Body.ARRAY, example=JSON_PATCH),
    _approval("DELETE", _APPROVALS + "/{approvalId}", EMPTY),
    _approval("POST", "/approval/{tenant}/approval/permitted", OBJECT, body=Body.OBJECT, asks=True),
    _approval("POST", "/approval/{tenant}/search/users", ARRAY, body=Body.OBJECT, asks=True),
)

_segment = of_set("segments", Holder.CUSTOMER)
_OWN_COMPANY = (entity(),)
SEGMENTS: tuple[Row, ...] = (
    _segment(
        "GET",
        _SEGMENTS,
        ARRAY,
        query=SEARCH + " fields",
        refused=_NEVER_A_CUSTOMER_OF_CHOICE,
        filled_query=_OWN_COMPANY,
        language=True,
        total=TOTAL,
    ),
    _segment(
        "POST",
        _SEGMENTS + "/search",
        ARRAY,
        query=PAGES + " fields",
        refused=_NEVER_A_CUSTOMER_OF_CHOICE,
        filled_query=_OWN_COMPANY,
        body=Body.OBJECT,
        language=True,
        total=TOTAL,
        asks=True,
    ),
    _segment("GET", _SEGMENTS + "/{segmentId}", OBJECT, query="fields", filled_query=_OWN_COMPANY, language=True),
    _segment(
        "GET",
        _SEGMENTS + "/items",
        ARRAY,
        query=SEARCH + " fields siteCode onlyActive",
        filled_query=_OWN_COMPANY,
        language=True,
        total=TOTAL,
    ),
    _segment(
        "GET",
        _SEGMENTS + "/{segmentId}/items",
        ARRAY,
        query=SEARCH + " fields",
        filled_query=_OWN_COMPANY,
        language=True,
        total=TOTAL,
    ),
    _segment(
        "POST",
        _SEGMENTS + "/{segmentId}/items/search",
        ARRAY,
        query=PAGES + " fields",
        filled_query=_OWN_COMPANY,
        body=Body.OBJECT,
        language=True,
        total=TOTAL,
        asks=True,
    ),
    _segment(
        "GET",
        _SEGMENTS + "/{segmentId}/items/{type}/{itemId}",
        OBJECT,
        query="fields",
        filled_query=_OWN_COMPANY,
        language=True,
    ),
    _segment(
        "GET", _SEGMENTS + "/items/category-trees", ARRAY, query="siteCode", filled_query=_OWN_COMPANY, language=True
    ),
)

_company = of_set("company", Holder.CUSTOMER)
_KIND = {"type": "COMPANY"}
_GUARDED = {"limited": True, "audited": True, "recent_proof": True}
COMPANY: tuple[Row, ...] = (
    _company(
        "GET",
        _COMPANIES,
        ARRAY,
        query=f"{SEARCH} fields {_OF_COMPANY}",
        values=_KIND,
        total=TOTAL,
    ),
    _company(
        "POST",
        _COMPANIES + "/search",
        ARRAY,
        query=f"{PAGES} fields {_OF_COMPANY}",
        values=_KIND,
        body=Body.OBJECT,
        total=TOTAL,
        asks=True,
    ),
    _company("GET", "/iam/{tenant}/users/me", OBJECT, query="expand", values={"expand": "groups"}),
    _company("GET", "/iam/{tenant}/users/me/scopes", OBJECT),
    _company(
        "GET",
        _GROUPS,
        ARRAY,
        query=SEARCH + " name description metadataModifiedAt userType",
        language=True,
        total=TOTAL,
    ),
    _company("GET", _GROUPS + "/{groupId}/users", ARRAY, query="pageNumber pageSize", total=TOTAL),
    _company("POST", _GROUPS + "/{groupId}/users", MADE, body=Body.OBJECT, **_GUARDED),
    _company("DELETE", _GROUPS + "/{groupId}/users/{userId}", EMPTY, **_GUARDED),
    _company("GET", _COLLEAGUES, ARRAY, query=SEARCH + " expand", total="Count"),
    _company(
        "POST",
        _COLLEAGUES,
        MADE,
        query="sendPasswordResetNotifications",
        body=Body.OBJECT,
        mails=True,
        **_GUARDED,
    ),
    _company(
        "POST", _COLLEAGUES + "/search", ARRAY, query=PAGES + " expand", body=Body.OBJECT, total="Count", asks=True
    ),
    _company("GET", _COLLEAGUES + "/{customerNumber}", OBJECT, query="expand"),
    _company(
        "PUT",
        _COLLEAGUES + "/{customerNumber}",
        {201: Answer.OBJECT, 204: Answer.NOTHING},
        query="sendPasswordResetNotifications",
        body=Body.OBJECT,
        mails=True,
        **_GUARDED,
    ),
    _company("PATCH", _COLLEAGUES + "/{customerNumber}", DONE, body=Body.OBJECT, **_GUARDED),
    _company("DELETE", _COLLEAGUES + "/{customerNumber}", {202: Answer.NOTHING}, body=Body.OBJECT, **_GUARDED),
)

_assistant = of_set("assistant", Holder.CUSTOMER)
_OF_CHAT = frozenset({"session-id"})
ASSISTANT: tuple[Row, ...] = (
    # The id is the conversation's, and no session's of anybody.
    _assistant("POST", _ASSISTANT + "/chat", ARRAY, query="session-id", query_as_header=_OF_CHAT, body=Body.OBJECT),
    _assistant(
        "POST", _ASSISTANT + "/chat-async", MADE, query="session-id", query_as_header=_OF_CHAT, body=Body.OBJECT
    ),
)

COMPANIES = APPROVALS + SEGMENTS + COMPANY + ASSISTANT
