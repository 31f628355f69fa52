"""AWS: load balancers, CloudFront, API Gateway, AppSync. What they write is replayed; their names lead to loopback."""

from __future__ import annotations

from functools import partial

from wsinspect.lab import frames
from wsinspect.lab.stages.node import engine_io_refusal
from wsinspect.lab.storied import Approach, answering, storied
from wsinspect.lab.telling import SWITCHING, WELCOME, Act, opening, silent

_cloud = partial(storied, "cloud")

_ALB = "Server: awselb/2.0\nDate: {date}\nContent-Type: text/html\nContent-Length: {length}\nConnection: keep-alive"
_STICKY = "Set-Cookie: AWSALB=zXkDqO1b; Expires=Mon, 30 Nov 2026 10:00:00 GMT; Path=/"
_CLOUDFRONT = (
    "Connection: close\nX-Cache: Error from cloudfront\nVia: 1.1 4f1c0a2b3c4d5e6f.cloudfront.net (CloudFront)\n"
    "X-Amz-Cf-Pop: FRA56-P2\nX-Amz-Cf-Id: 8Qk1bJm0vJ1mQm3l2nT4xw=="
)
_APIGW = "ab12cd34ef.execute-api.eu-west-1.amazonaws.com"
_APPSYNC = "ab12cd34ef.appsync-realtime-api.eu-west-1.amazonaws.com"
_BALANCER = "chat-1234567890.eu-west-1.elb.amazonaws.com"


def _alb_page(status: str) -> str:
    return f"<html>\r\n<head><title>{status}</title></head>\r\n<body>\r\n<center><h1>{status}</h1></center>\r\n</body>\r\n</html>\r\n"


SCENARIOS = (
    _cloud(
        "alb-4xx",
        "The target group speaks another protocol version (464)",
        answering(f"HTTP/1.1 464 \n{_ALB}"),
        approach=Approach(host=_BALANCER, path="/ws"),
    ),
    _cloud(
        "alb-4xx-503",
        "The target group has no target",
        answering(
            f"HTTP/1.1 503 Service Temporarily Unavailable\n{_ALB}",
            _alb_page("503 Service Temporarily Unavailable"),
        ),
        cause="alb-4xx",
        approach=Approach(host=_BALANCER, path="/ws"),
    ),
    _cloud(
        "alb-idle-60",
        "An AWS load balancer: FIN after 60 s of silence",
        silent(f"{SWITCHING}{_STICKY}\n", for_s=60.0),
        takes_s=60.0,
        approach=Approach(path="/ws", hold_s=70.0),
    ),
    _cloud(
        "alb-stickiness-socketio",
        "Socket.IO's polling and its WebSocket reach two targets",
        engine_io_refusal("Session ID unknown", _STICKY),
        approach=Approach(path="/socket.io/?EIO=4&transport=websocket&sid=lv_VI97HAXpY6yYWAAAC"),
    ),
    _cloud(
        "nlb-350",
        "A Network Load Balancer forgot the flow after 350 s: RST at our next packet",
        opening(WELCOME, Act.HEAR, Act.RESET),
        takes_s=360.0,
        approach=Approach(
            host=_BALANCER,
            path="/ws",
            timeouts_s={"ping_interval_s": 360.0, "ping_timeout_s": 20.0},
            hold_s=380.0,
        ),
    ),
    _cloud(
        "cloudfront-headers",
        "CloudFront keeps Sec-WebSocket-Key to itself",
        answering(
            f"HTTP/1.1 400 Bad Request\nContent-Type: text/html\nContent-Length: {{length}}\n{_CLOUDFRONT}",
            "Missing or invalid Sec-WebSocket-Key header",
        ),
        approach=Approach(path="/ws"),
    ),
    _cloud(
        "apigw-403",
        "API Gateway: the authorizer of $connect says no",
        answering(
            "HTTP/1.1 403 Forbidden\nDate: {date}\nContent-Type: application/json\nContent-Length: {length}\n"
            "Connection: keep-alive\nx-amzn-RequestId: 0e1f2a3b-4c5d-4e7f-8a9b-0c1d2e3f4a5b\n"
            "x-amzn-ErrorType: ForbiddenException",
            '{"message":"Forbidden","connectionId":"Xk2bQcnqDoECFUA=","requestId":"Xk2bQF0yDoEFuTg="}',
        ),
        approach=Approach(host=_APIGW, path="/production"),
    ),
    _cloud(
        "apigw-limits",
        "API Gateway: no route fits the action of our message",
        opening(
            Act.HEAR,
            frames.text(
                '{"message": "Forbidden", "connectionId":"Xk2bQcnqDoECFUA=", "requestId":"Xk2bQF0yDoEFuTg="}'
            ),
            0.2,
            frames.close(1000),
        ),
        approach=Approach(host=_APIGW, path="/production", send=('{"action":"sendmesage"}',)),
    ),
    _cloud(
        "apigw-limits-idle",
        "API Gateway: Close 1001 after 10 min without a message",
        opening(WELCOME, 600.0, frames.close(1001, "Going away")),
        cause="apigw-limits",
        takes_s=600.0,
        approach=Approach(host=_APIGW, path="/production", hold_s=620.0),
    ),
    _cloud(
        "appsync-realtime",
        "AppSync finds no authorization in the query",
        answering(
            "HTTP/1.1 401 Unauthorized\nDate: {date}\nContent-Type: application/json;charset=UTF-8\n"
            "Content-Length: {length}\nx-amzn-RequestId: 0e1f2a3b-4c5d-4e7f-8a9b-0c1d2e3f4a5b\n"
            "x-amzn-ErrorType: UnauthorizedException",
            '{"errors":[{"errorType":"UnauthorizedException","message":"You are not authorized to make this call."}]}',
        ),
        approach=Approach(host=_APPSYNC, path="/graphql", options={"subprotocols": ("graphql-ws",)}),
    ),
)
