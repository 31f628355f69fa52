"""What can be known to be wrong before anything is connected: files that a connection would need."""

from __future__ import annotations

from wsinspect.errors import UsageError
from wsinspect.options import ConnectOptions


def check_usable(options: ConnectOptions) -> None:
    """Refuse options whose files can't be used, so that a typing error is not found only once TCP stands.

    Raises:
        UsageError: a certificate or key file is missing, unreadable or not what it should be.
    """
    if not (options.ca_file or options.cert_file or options.key_file):
        return
    # TLS is heavy to load, and only these options need it this early; the context is kept for the connection.
    from wsinspect.connection.step import StepError
    from wsinspect.connection.tls_context import client_context

    try:
        client_context(options)
    except StepError as error:
        raise UsageError(str(error)) from error
