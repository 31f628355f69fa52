"""wsinspect: why does my WebSocket close before the connection is established?"""

__version__ = "0.1.0"
