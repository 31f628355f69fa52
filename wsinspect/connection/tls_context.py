"""The TLS settings of a connection, made into an OpenSSL context: trust, versions, ALPN, client certificate, key log."""

from __future__ import annotations

import errno
import os
import platform
import ssl
import stat
import warnings
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from weakref import WeakKeyDictionary

from msgspec import Struct

from wsinspect.connection.step import StepError
from wsinspect.events import FailureKind
from wsinspect.options import ConnectOptions

MessageCallback = Callable[[str, int, int, bytes], None]
"""Called with `read` or `write`, the version's number, the content type, and one decrypted message."""

_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}

_listeners: WeakKeyDictionary[ssl.SSLObject, MessageCallback] = WeakKeyDictionary()


class ClientContext(Struct, frozen=True):
    """Everything that `options` say about TLS, ready to make connections."""

    trust: str
    """`system`, the CA file's path, or `none`."""
    verify: bool
    reports_messages: bool
    """Whether handshake messages and alerts reach the callback; CPython only."""
    _wrap_bio: Callable[..., ssl.SSLObject]
    _context: ssl.SSLContext

    def mute(self, *, muted: bool) -> None:
        """Switch the reports of messages off and on again; between the two calls nothing else may run.

        A report costs as much as a small record, and OpenSSL makes two of them for each.
        """
        if self.reports_messages:
            _set_message_callback(self._context, None if muted else _dispatch)

    def start(
        self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, name: str | None, listener: MessageCallback
    ) -> ssl.SSLObject:
        """Return a client between the two buffers; `listener` hears of its messages.

        Raises:
            StepError: `name` can't be a server's name.
        """
        try:
            tls = self._wrap_bio(incoming, outgoing, server_hostname=name)
        except ValueError as error:  # UnicodeError too: an empty or overlong label
            raise _configuration(f"{name!r} cannot be a TLS server name: {error}", "server-name") from error
        _listeners[tls] = listener
        return tls


class _File(Struct, frozen=True):
    """A file as it is now: a context is made anew once it changed, so that a reconnect sees a renewed certificate."""

    path: str
    state: tuple[int, ...]


class _Settings(Struct, frozen=True):
    insecure: bool
    ca: _File | None
    certificate: _File | None
    key: _File | None
    key_log: _File | None
    min_tls: str | None
    max_tls: str | None
    alpn: tuple[str, ...]
    system_trust: tuple[str | None, ...]
    """The environment variables that move OpenSSL's idea of the system's trust."""


def client_context(options: ConnectOptions) -> ClientContext:
    """Return the context for `options`; made once a process and setting, as reading the system's trust takes 40 ms.

    Raises:
        StepError: LOCAL_CONFIGURATION, a file or a setting is unusable; `code` says which.
    """
    if options.key_file and not options.cert_file:
        raise _configuration("a client key needs its certificate too", "client-certificate")
    key_log = os.environ.get("SSLKEYLOGFILE")
    return _make(
        _Settings(
            insecure=options.insecure,
            ca=_look_at(options.ca_file, "CA file", "ca-file"),
            certificate=_look_at(options.cert_file, "client certificate", "client-certificate"),
            key=_look_at(options.key_file, "client key", "client-certificate"),
            key_log=_prepare_key_log(key_log) if key_log else None,
            min_tls=options.min_tls,
            max_tls=options.max_tls,
            alpn=options.alpn,
            system_trust=(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")),
        )
    )


@lru_cache(maxsize=8)
def _make(settings: _Settings) -> ClientContext:
    context, wrap_bio, trust = _trusting_context(settings)
    # RFC 9525 section 2 and every browser: names come from subjectAltName, never from the common name.
    context.hostname_checks_common_name = False
    _limit_versions(context, settings.min_tls, settings.max_tls)
    if settings.alpn:
        try:
            context.set_alpn_protocols(list(settings.alpn))
        except (ssl.SSLError, ValueError) as error:
            raise _configuration(
                f"ALPN names must be ASCII of 1 to 255 bytes: {settings.alpn!r}", "alpn"
            ) from error
    if settings.certificate:
        _load_client_certificate(context, settings.certificate, settings.key)
        # Some servers ask only once they saw the request's path (RFC 8446 section 4.6.2).
        context.post_handshake_auth = True
    if settings.key_log:
        try:
            context.keylog_filename = settings.key_log.path
        except OSError as error:
            raise _key_log_error(settings.key_log.path, error) from error
    reports = _set_message_callback(context, _dispatch)
    return ClientContext(trust, not settings.insecure, reports, wrap_bio, context)


def _trusting_context(settings: _Settings) -> tuple[ssl.SSLContext, Callable[..., ssl.SSLObject], str]:
    """Make a context that trusts whom `settings` say; also how to start a connection from it, and the trust's name."""
    if settings.insecure or settings.ca:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if settings.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context, context.wrap_bio, "none"
        assert settings.ca is not None
        _load_ca_file(context, settings.ca.path)
        return context, context.wrap_bio, settings.ca.path
    import truststore

    outer = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # truststore wraps an ssl.SSLContext, and the settings below must reach that one; a connection knows its context.
    # Starting one also makes truststore load the system's trust where OpenSSL itself is to verify.
    inner = outer.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost").context
    if platform.system() in {"Darwin", "Windows"}:
        # The system verifies after the handshake, and truststore arranges that anew for each connection.
        return inner, outer.wrap_bio, "system"
    return inner, inner.wrap_bio, "system"


def _load_ca_file(context: ssl.SSLContext, path: str) -> None:
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError as error:
        raise _configuration(f"the CA file {path} holds no PEM certificate", "ca-file") from error
    except OSError as error:
        raise _unreadable("CA file", path, "ca-file", error) from error
    # Whom the user names is trusted even if it is not a root, as with curl's --cacert.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN


def _load_client_certificate(context: ssl.SSLContext, certificate: _File, key: _File | None) -> None:
    where = f"client certificate {certificate.path}"
    if key:
        where += f" with key {key.path}"
    asked_for_password = False

    def no_password() -> str:
        # Without this OpenSSL asks on the terminal, under the screen that the UI draws.
        nonlocal asked_for_password
        asked_for_password = True
        return ""

    try:
        context.load_cert_chain(certificate.path, key.path if key else None, password=no_password)
    except ssl.SSLError as error:
        if asked_for_password:
            what = "the key is encrypted; decrypt it first, e.g. with openssl pkey -in KEY -out PLAIN"
        elif error.reason == "KEY_VALUES_MISMATCH":
            what = "the key belongs to another certificate"
        elif error.reason == "EE_KEY_TOO_SMALL" or error.reason == "CA_MD_TOO_WEAK":
            what = f"OpenSSL finds it too weak ({error.reason})"
        elif key:
            what = "not a PEM certificate and its PEM key"
        else:
            what = (
                "not a PEM file with a certificate and its key; a key in a file of its own must be named too"
            )
        raise _configuration(f"{where}: {what}", "client-certificate") from error
    except OSError as error:
        raise _unreadable(
            "client certificate or key", certificate.path, "client-certificate", error
        ) from error


def _limit_versions(context: ssl.SSLContext, min_tls: str | None, max_tls: str | None) -> None:
    lowest = _VERSIONS[min_tls] if min_tls else ssl.TLSVersion.TLSv1_2
    highest = _VERSIONS[max_tls] if max_tls else ssl.TLSVersion.TLSv1_3
    if min_tls is None:
        lowest = min(lowest, highest)
    if lowest > highest:
        raise _configuration(
            f"the lowest TLS version {min_tls} is above the highest, {max_tls}", "tls-versions"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # 1.0 and 1.1 are what was asked for
        context.minimum_version = lowest
        context.maximum_version = highest
    if lowest < ssl.TLSVersion.TLSv1_2:
        # OpenSSL 3 speaks the versions before 1.2 at security level 0 only: their signatures are SHA-1.
        context.set_ciphers("DEFAULT:@SECLEVEL=0")


def _set_message_callback(context: ssl.SSLContext, callback: Callable[..., None] | None) -> bool:
    """Have OpenSSL tell `callback` about the messages of the context's connections; False where Python can't."""
    # The attribute of the type below, written in C: `ssl.SSLContext` puts enum look-ups around the callback.
    attribute = getattr(ssl.SSLContext.__base__, "_msg_callback", None)
    if attribute is None:
        return False
    attribute.__set__(context, callback)
    return True


def _dispatch(
    connection: object, direction: str, version: int, content_type: int, _message_type: int, data: bytes
) -> None:
    # 21 alert, 22 handshake; everything else, such as 256 for each record's header, comes far more often.
    if (content_type == 21 or content_type == 22) and isinstance(connection, ssl.SSLObject):
        listener = _listeners.get(connection)
        if listener is not None:
            listener(direction, version, content_type, data)


def _look_at(path: str | None, what: str, code: str) -> _File | None:
    if not path:
        return None
    try:
        status = Path(path).stat()
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not os.access(path, os.R_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise _unreadable(what, path, code, error) from error
    except ValueError as error:  # a NUL in the name
        raise _configuration(f"the {what} {path!r} is no file name", code) from error
    state: tuple[int, ...] = (status.st_dev, status.st_ino)
    if stat.S_ISREG(status.st_mode):  # a pipe can be read only once, and its times change by that
        state += (status.st_mtime_ns, status.st_size)
    return _File(path, state)


def _prepare_key_log(path: str) -> _File:
    """Create the key log if need be, readable by its owner alone: it holds the keys of whole connections."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except (OSError, ValueError) as error:
        raise _key_log_error(path, error) from error
    try:
        status = os.fstat(handle)
    finally:
        os.close(handle)
    return _File(path, (status.st_dev, status.st_ino))


def _key_log_error(path: str, error: OSError | ValueError) -> StepError:
    why = error.strerror if isinstance(error, OSError) else str(error)
    message = f"SSLKEYLOGFILE={path} cannot be written: {why}; unset it, or name a file that can be"
    return _configuration(message, "key-log")


def _unreadable(what: str, path: str, code: str, error: OSError) -> StepError:
    return StepError(
        FailureKind.LOCAL_CONFIGURATION,
        f"the {what} {path} cannot be read: {error.strerror or error}",
        code=code,
        errno=error.errno,
    )


def _configuration(message: str, code: str) -> StepError:
    return StepError(FailureKind.LOCAL_CONFIGURATION, message, code=code)
