"""AWS API Gateway and AppSync."""

from __future__ import annotations

import re

from wsinspect.diagnosis.app_protocol import first_messages
from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.ending import peer_close
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import show_frame
from wsinspect.diagnosis.fronts import hint
from wsinspect.diagnosis.on_reply import match_reply_of, unique
from wsinspect.diagnosis.product_limits import closed_at_limit
from wsinspect.diagnosis.quoting import known, quote_body, quote_field, quote_status
from wsinspect.diagnosis.replies import reply_of
from wsinspect.wire.opcode import Direction

_APIGW = {
    "ForbiddenException": "the stage or path is wrong, the authorizer of $connect said no, or WAF did",
    "UnauthorizedException": "the authorizer of $connect found no valid identity",
    "AccessDeniedException": "the authorizer of $connect denied it",
    "LimitExceededException": "it is throttled: too many new connections",
    "TooManyRequestsException": "it is throttled: too many new connections",
    "GoneException": "the connection id is gone",
    "InternalServerErrorException": "the integration of $connect failed",
    "MissingAuthenticationTokenException": "there is no such path, or the request is not signed",
}


@cause(
    id="apigw-403",
    stage=Stage.CLOUD,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="AWS API Gateway refused the connection with {status}{error}: {meaning}",
    explanation="""API Gateway asks the $connect route before it upgrades, and this is its own refusal. 403 has several reasons that look
    alike from here: the stage is missing in the URL, the custom domain's mapping, the authorizer, WAF. 500 and 502
    mean that the Lambda behind $connect threw or answered something else than 200.""",
    fix=(
        "Use the URL with its stage: wss://ID.execute-api.REGION.amazonaws.com/production",
        "Send what the authorizer reads: -H 'Authorization: ...', or a query parameter (browsers can send only that).",
        "Deploy the API after each change of routes or authorizers.",
        "Switch on execution logging for the stage: it names the rule.",
    ),
    next_test="aws logs tail API-Gateway-Execution-Logs_ID/STAGE --since 5m (after another attempt)",
    sources=(
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html",
    ),
    supersedes=(
        *(
            "http-403",
            "http-401",
            "http-429",
            "http-500",
            "http-502",
            "http-421-or-451-etc",
            "http-400-generic",
        ),
        *("http-404", "origin-required", "http-504"),
    ),
)
def apigw_403(facts: Facts) -> Match | None:
    told = reply_of(facts, "apigw", "apigw-message")
    if told is None or reply_of(facts, "alb"):
        return None
    error = facts.header("x-amzn-ErrorType").partition(":")[0]
    fallback = {
        403: _APIGW["ForbiddenException"],
        401: _APIGW["UnauthorizedException"],
        429: _APIGW["LimitExceededException"],
    }.get(facts.status or 0, "the integration of $connect failed")
    shown = hint(facts, "AWS API Gateway")
    # Other services of AWS write the same error field: only these two are API Gateway's alone.
    sure = ".execute-api." in facts.values["host"] or facts.has_header("x-amz-apigw-id")
    match = match_reply_of(facts, told)
    return Match(
        evidence=unique((*match.evidence, *known(quote_field(facts, "x-amzn-RequestId"), shown))),
        certainty=None if sure else Certainty.LIKELY,
        values={
            **match.values,
            "error": f" ({error})" if error else "",
            "meaning": _APIGW.get(error, fallback),
        },
    )


@cause(
    id="apigw-limits",
    stage=Stage.CLOUD,
    side=Side.SERVER,
    certainty=Certainty.LIKELY,
    headline="AWS API Gateway ended it at one of its limits: {what}",
    explanation="""API Gateway has limits that can't be raised: 10 min without a message, 2 h for a connection, 32 KB a frame and 128 KB a
    message, 29 s for an integration. Pings don't always count as messages; a message whose action fits no route gets an
    error frame back instead of an answer.""",
    fix=(
        "Send a small message within 10 min, and reconnect before 2 h are over.",
        "Cut larger messages into pieces below 32 KB, or pass them through S3.",
        'Name the route in each message: {"action": "sendmessage", ...} fits the selection expression $request.body.action.',
    ),
    next_test="wsinspect check '{url}' --ping-interval 60 --hold 700",
    sources=(
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html",
    ),
    supersedes=(
        *(
            "close-1001-or-1012-restart",
            "idle-timeout-intermediary",
            "max-connection-lifetime",
            "message-too-big",
        ),
        *("idle-timeout-server-app", "server-drain-on-deploy"),
    ),
)
def apigw_limits(facts: Facts) -> Match | None:
    shown = hint(facts, "AWS API Gateway")
    if shown is None or not facts.opened:
        return None
    limit = closed_at_limit(facts, 1001, "AWS API Gateway")
    if limit is not None:
        ended, reached = limit
        what = f"it closed with 1001 at its limit of {reached.seconds:g} s of {reached.measure}"
        return Match(evidence=(ended, shown), values={"what": what})
    close = peer_close(facts)
    if close is not None and close.code == 1009:
        what = "it closed with 1009: a frame over 32 KB or a message over 128 KB"
        return Match(evidence=(close.evidence(facts), shown), values={"what": what})
    for number, payload in first_messages(facts, Direction.RECEIVED):
        if re.match(rb'\{"message":\s*"(?:Forbidden|Internal server error)",\s*"connectionId"', payload):
            what = "it answered a message of ours with an error: no route fits its action, or the integration failed"
            return Match(evidence=(show_frame(facts, number), shown), values={"what": what})
    return None


@cause(
    id="appsync-realtime",
    stage=Stage.CLOUD,
    side=Side.CLIENT,
    certainty=Certainty.LIKELY,
    headline="AWS AppSync refused the real-time connection: {what}",
    explanation="""AppSync's real-time endpoint wants the subprotocol graphql-ws, and its authorization packed as base64 JSON in the query
    (header=...), not in a field. An HTTP refusal or a close with an errorType comes of a missing piece.""",
    fix=(
        "Build the URL: wss://ID.appsync-realtime-api.REGION.amazonaws.com/graphql?header=BASE64&payload=e30=\n"
        'where BASE64 encodes {"host":"ID.appsync-api.REGION.amazonaws.com","x-api-key":"KEY"}',
        "Offer the subprotocol: wsinspect check '{url}' -s graphql-ws",
    ),
    next_test="wsinspect check '{url}' -s graphql-ws",
    sources=("https://docs.aws.amazon.com/appsync/latest/devguide/real-time-websocket-client.html",),
    supersedes=(
        "http-400-generic",
        "http-401",
        "http-403",
        "apigw-403",
        "close-1008-or-44xx-auth",
        "close-other-code",
    ),
)
def appsync_realtime(facts: Facts) -> Match | None:
    shown = hint(facts, "AWS AppSync")
    told = reply_of(facts, "appsync")
    if told is not None:
        match = match_reply_of(facts, told)
        what = f"it answered {facts.status}, {told.said}"
        return Match(evidence=unique((*match.evidence, *known(shown))), values={**match.values, "what": what})
    if shown is None:
        return None
    close = peer_close(facts)
    if close is not None and close.says("errorType|Unauthorized|Required headers"):
        what = f"it closed with {close.values['said']}"
        return Match(evidence=(close.evidence(facts), shown), values={"what": what})
    if facts.status in (400, 401, 403):
        what = f"it answered {facts.status}"
        return Match(evidence=known(quote_status(facts), quote_body(facts), shown), values={"what": what})
    return None
