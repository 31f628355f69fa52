"""Causes that only a browser or its page can show; `explain` reaches them through the lines that they print."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, describe

_CLOSED_EARLY = r"WebSocket is closed before the connection is established"

describe(
    id="react-strictmode-double-effect",
    stage=Stage.CLIENT,
    side=Side.CLIENT,
    certainty=Certainty.LIKELY,
    headline="React's StrictMode mounted the component twice, and the cleanup closed the first socket",
    explanation="""In development, React 18 and later mount every component, unmount it and mount it again, to find effects that don't clean up. The cleanup closed
    the first socket within milliseconds, in the middle of its handshake; the second one works. Harmless, unless it happens in production too.""",
    fix=(
        "Close only what is open:\n    useEffect(() => {\n      const ws = new WebSocket(url);\n      return () => {\n"
        "        if (ws.readyState === 1) ws.close();\n        else ws.addEventListener('open', () => ws.close(), { once: true });\n      };\n    }, [url]);",
        "Or keep one socket in a module or context, outside the component.",
    ),
    next_test="Run the production build: one handshake and no warning means that it was StrictMode",
    sources=(
        "https://react.dev/reference/react/StrictMode",
        "https://github.com/cloudflare/partykit/issues/336",
        "https://github.com/robtaussig/react-use-websocket/issues/138",
    ),
    console=(_CLOSED_EARLY,),
)

describe(
    id="component-unmount-or-dep-change",
    stage=Stage.CLIENT,
    side=Side.CLIENT,
    certainty=Certainty.POSSIBLE,
    headline="The component that owns the socket was unmounted, or its effect ran again",
    explanation="""The effect that opens the socket depends on something that changes, so it closes and opens again with each change, sometimes on every message. It
    happens in production too, at moments when somebody navigates or state is updated.""",
    fix=(
        "Take changing state out of the effect's dependencies (keep it in a ref), so that the socket is made once.",
        "Own the socket above the component that comes and goes.",
    ),
    next_test="Count the handshakes in the browser's network panel while you click: more than one means that the effect runs again",
    sources=(
        "https://stackoverflow.com/questions/75170936",
        "https://react.dev/learn/lifecycle-of-reactive-effects",
    ),
    console=(_CLOSED_EARLY,),
)

describe(
    id="page-navigation-during-handshake",
    stage=Stage.CLIENT,
    side=Side.CLIENT,
    certainty=Certainty.LIKELY,
    headline="The page was left or reloaded while the socket was still connecting",
    explanation="""The browser drops a page's sockets when the page goes. Firefox says so on a reload in the middle of a handshake; Chrome says nothing.""",
    fix=(
        "Nothing is broken. To avoid the line, open the socket after the page has loaded, and not on pages that redirect at once.",
    ),
    next_test="Stay on the page: without a reload the line does not come",
    sources=(
        "https://bugzilla.mozilla.org/show_bug.cgi?id=712329",
        "https://github.com/socketio/socket.io/issues/2016",
    ),
    console=(r"was interrupted while the page was loading",),
)

describe(
    id="library-connect-timeout",
    stage=Stage.CLIENT,
    side=Side.CLIENT,
    certainty=Certainty.LIKELY,
    headline="The client library gave up waiting and closed the socket itself",
    explanation="""Reconnecting libraries close a socket that has not opened after a round time: 2 or 4 s in the two called reconnecting-websocket, 10 s in Phoenix and Python's
    websockets, 20 s in Socket.IO, 45 s in Go's gorilla. The message blames the socket; the culprit is what did not answer in time.""",
    fix=(
        "Find out why the handshake is slow: a cold start, a blocked event loop, no handler for the upgrade, dropped packets.",
        "Raise the library's timeout: `connectionTimeout` (reconnecting-websocket), `handshakeTimeout` (ws), `open_timeout` (Python).",
    ),
    next_test="wsinspect check URL --connect-timeout 240: how long does the handshake take when nobody gives up?",
    sources=(
        "https://github.com/pladaria/reconnecting-websocket/issues/183",
        "https://github.com/joewalnes/reconnecting-websocket/issues/6",
        "https://github.com/sockjs/sockjs-client/issues/640",
    ),
    console=(
        r"Opening handshake has timed out",
        _CLOSED_EARLY,
        r"timed out during opening handshake",
    ),
)

describe(
    id="socketio-transport-upgrade-abort",
    stage=Stage.CLIENT,
    side=Side.CLIENT,
    certainty=Certainty.LIKELY,
    headline="Socket.IO dropped its WebSocket probe; it goes on with polling",
    explanation="""Socket.IO begins with HTTP long-polling and tries a WebSocket beside it. When the page disconnects or polling ends first, the probe is closed while connecting.
    The application works; only the line in the console is ugly, unless the probe never succeeds.""",
    fix=(
        "If polling is not needed, begin with the WebSocket: `io(url, { transports: ['websocket'] })`.",
        "If the probe always fails, cure that: the path, or the proxy's upgrade headers.",
    ),
    next_test="wsinspect check 'wss://HOST/socket.io/?EIO=4&transport=websocket'",
    sources=(
        "https://github.com/socketio/engine.io-client/pull/324",
        "https://github.com/socketio/socket.io/issues/5371",
        "https://github.com/socketio/socket.io/issues/3524",
    ),
    console=(r"/socket\.io/\S*' failed: WebSocket is closed before", _CLOSED_EARLY),
)

describe(
    id="same-host-serialised-handshakes",
    stage=Stage.CLIENT,
    side=Side.CLIENT,
    certainty=Certainty.LIKELY,
    headline="Another handshake to the same server hangs, and this one had to queue behind it",
    explanation="""A browser has at most one WebSocket in CONNECTING for each server, so one that hangs (a dead hot-reload socket, a stale tab) holds back all others: they send
    nothing until it is over, and then time out themselves.""",
    fix=(
        "Close the tab or the code whose socket hangs, and cure that endpoint.",
        "Give the two endpoints different host names.",
    ),
    next_test="wsinspect check URL: opens at once, if the endpoint itself is well",
    sources=("RFC 6455 section 4.1, step 2",),
    console=(_CLOSED_EARLY,),
)

describe(
    id="browser-failure-throttle",
    stage=Stage.CLIENT,
    side=Side.CLIENT,
    certainty=Certainty.POSSIBLE,
    headline="The browser holds back new sockets after many failures",
    explanation="""After a storm of failed attempts Chrome waits 1 to 5 s before each new one, and Firefox up to a minute for each host. A library with a shorter timeout then
    gives up before the socket was even tried, which keeps the storm going.""",
    fix=(
        "Reconnect with growing pauses and jitter.",
        "Cure the first failure; a new tab begins without the penalty.",
    ),
    next_test="Open the page in a new tab, and see whether the first attempt is quick",
    sources=(
        "https://chromium.googlesource.com/chromium/src/+/main/services/network/websocket_throttler.cc",
    ),
    console=(_CLOSED_EARLY,),
)

describe(
    id="browser-socket-limit",
    stage=Stage.CLIENT,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="The page has too many WebSockets: the browser refused one more",
    explanation="""Chrome allows 255 sockets in a renderer process, Firefox 200 in all. A page reaches that when each reconnect leaves the old socket behind.""",
    fix=(
        "Close the old socket before opening a new one; count them in the network panel.",
        "Share one socket among the components.",
    ),
    next_test="Reload the page, and watch how the number of open sockets grows",
    sources=(
        "https://chromium.googlesource.com/chromium/src/+/main/third_party/blink/renderer/modules/websockets/websocket_channel_impl.cc",
    ),
    console=(r"Insufficient resources", r"net::ERR_INSUFFICIENT_RESOURCES"),
)

describe(
    id="mixed-content-ws-from-https",
    stage=Stage.CLIENT,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="A page loaded over HTTPS may not open a plain ws:// socket",
    explanation="""The browser blocked it before sending anything: what a secure page talks to must be secure too. Targets on the same machine are exempt in Chrome.""",
    fix=(
        'Use `wss://`, with TLS ended at the proxy, in nginx:\n    location /ws { proxy_pass http://127.0.0.1:8080; proxy_http_version 1.1;\n      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; }',
    ),
    next_test="wsinspect check with wss:// in the URL",
    sources=(
        "https://www.w3.org/TR/mixed-content/",
        "https://developer.mozilla.org/docs/Web/Security/Mixed_content",
    ),
    console=(
        r"insecure WebSocket connection may not be initiated from a page loaded over HTTPS",
        r"Mixed Content: .*insecure WebSocket endpoint",
        r"SecurityError: The operation is insecure",
        r"was not allowed to run insecure content from ws",
    ),
)

describe(
    id="csp-connect-src",
    stage=Stage.CLIENT,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="The page's Content Security Policy does not allow this WebSocket",
    explanation="""The page's own policy lists where its scripts may connect, and this server is not on the list; nothing was sent. 'self' covers WebSockets to the same host only in
    newer browsers.""",
    fix=("Add the server to the policy: `Content-Security-Policy: connect-src 'self' wss://HOST`.",),
    next_test="wsinspect check URL: opens, if the policy is all that is in the way",
    sources=("https://www.w3.org/TR/CSP3/#directive-connect-src",),
    console=(
        r"violates the following Content Security Policy directive: \"connect-src",
        r"Refused to connect to '.*because it violates",
        r"Content-Security-Policy: .*connect-src",
        r"violates the document's Content Security Policy",
    ),
)

describe(
    id="local-network-access-blocked",
    stage=Stage.CLIENT,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="The browser does not let a public page reach a private address",
    explanation="""Chrome 147 and later ask before a page of the public internet may connect to this machine or the local network, WebSockets included. Here it was denied, or could not
    even be asked because the page is not served over HTTPS.""",
    fix=(
        "Serve the page over HTTPS and allow the prompt.",
        "In a company, set the policy LocalNetworkAccessAllowedForUrls.",
        "Or serve the page from the same network as the server.",
    ),
    next_test="wsinspect check URL from this machine: opens, because the rule binds only browsers",
    sources=(
        "https://developer.chrome.com/blog/local-network-access",
        "https://wicg.github.io/local-network-access/",
    ),
    console=(r"ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS", r"ERR_BLOCKED_BY_PRIVATE_NETWORK_ACCESS_CHECKS"),
)

describe(
    id="extension-or-adblock",
    stage=Stage.CLIENT,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="An extension of the browser blocked the socket",
    explanation="""An ad blocker or privacy extension stopped it before a packet was sent, usually because of a word in the path such as /track, /ads or /analytics.""",
    fix=(
        "Try a private window without extensions.",
        "Rename the path, so that it does not look like tracking.",
    ),
    next_test="wsinspect check URL: opens, because no extension stands between",
    sources=("https://github.com/RafalWilinski/express-status-monitor/issues/177",),
    console=(r"net::ERR_BLOCKED_BY_CLIENT",),
)

describe(
    id="send-before-open",
    stage=Stage.CLIENT,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="The code called send() while the socket was still connecting",
    explanation="""A socket can't send before its `open` event; the call throws. Code that catches it and closes the socket then causes the famous line about being closed
    before the connection is established.""",
    fix=(
        "Send from the open handler: `ws.addEventListener('open', () => ws.send(message))`, or keep a queue until then.",
    ),
    next_test="Log `ws.readyState` before send(): 0 is CONNECTING",
    sources=("https://websockets.spec.whatwg.org/#dom-websocket-send",),
    console=(
        r"Still in CONNECTING state",
        r"WebSocket is not open: readyState 0",
        r"InvalidStateError: .*CONNECTING",
    ),
)

describe(
    id="client-close-code-invalid",
    stage=Stage.CLIENT,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="The code called close() with a code or reason that a page may not send",
    explanation="""A page may close with 1000 or with 3000 to 4999, and with a reason of at most 123 bytes of UTF-8. Anything else throws, and the socket stays open.""",
    fix=("Use 1000, or a code of your own from 4000 on; shorten the reason to 123 bytes.",),
    next_test="ws.close(4000, 'test') in the browser's console",
    sources=("https://websockets.spec.whatwg.org/#dom-websocket-close", "RFC 6455 section 7.4"),
    console=(
        r"The close code must be either 1000, or between 3000 and 4999",
        r"The (?:close )?(?:message|reason) must not be greater than 123",
        r"First argument must be a valid error code number",
    ),
)

describe(
    id="mobile-background-suspension",
    stage=Stage.CLIENT,
    side=Side.CLIENT,
    certainty=Certainty.POSSIBLE,
    headline="The phone put the page or the app to sleep, and the connection died",
    explanation="""When a tab or app goes to the background, iOS and Android freeze it; the connection runs out or is dropped without a goodbye, and the error shows after waking.""",
    fix=(
        "Reconnect when the page comes back: on `visibilitychange` and `pageshow`.",
        "Expect it: resume from the last message that was seen.",
    ),
    next_test="Keep the screen on and the page in front: if it lives, it was the suspension",
    sources=("https://github.com/BanchanArt/banchan/issues/680",),
    console=(
        r"Software caused connection abort",
        r"WebSocket is closed due to suspension",
        r"The network connection was lost",
        r"Socket is not connected",
    ),
)

describe(
    id="android-cleartext-or-ios-ats",
    stage=Stage.CLIENT,
    side=Side.CLIENT,
    certainty=Certainty.LIKELY,
    headline="The phone's platform forbids plain ws:// to this app",
    explanation="""Android's network security configuration and iOS's App Transport Security block connections without TLS unless the app asks for an exception. Nothing was sent.""",
    fix=(
        "Use `wss://`.",
        'For development only, add the exception: `android:usesCleartextTraffic="true"`, or NSAllowsLocalNetworking in Info.plist.',
    ),
    next_test="wsinspect check URL: opens, because the rule binds only apps",
    sources=(
        "https://developer.android.com/privacy-and-security/security-config",
        "https://developer.apple.com/documentation/bundleresources/information_property_list/nsapptransportsecurity",
    ),
    console=(
        r"CLEARTEXT communication .* not permitted",
        r"App Transport Security policy requires the use of a secure connection",
    ),
)
