"""What Python's ssl module cannot do: key updates and renegotiation on demand, straight from libssl."""

import ctypes
import ctypes.util
import socket
import struct
import time

from harness.clients import tcp
from harness.suite import Skipped

KEY_UPDATE_REQUESTED = 1
WANT_READ, WANT_WRITE = 2, 3
TLS1_2 = 0x0303
CTRL_SET_MAX_PROTO_VERSION = 124


def _library():
    name = ctypes.util.find_library("ssl")
    if name is None:
        raise Skipped("there is no libssl to load")
    library = ctypes.CDLL(name)
    for function in ("TLS_client_method", "SSL_CTX_new", "SSL_new"):
        getattr(library, function).restype = ctypes.c_void_p
    return library


class LibsslClient:
    """One connection over a blocking socket."""

    def __init__(self, port, max_version=0, patience=10.0):
        self._lib = _library()
        self._socket = tcp(port)
        self._socket.settimeout(None)  # libssl reads the descriptor itself: it has to be blocking.
        self._set_patience(patience)
        method = ctypes.c_void_p(self._lib.TLS_client_method())
        self._context = ctypes.c_void_p(self._lib.SSL_CTX_new(method))
        self._lib.SSL_CTX_ctrl(self._context, CTRL_SET_MAX_PROTO_VERSION, ctypes.c_long(max_version), None)
        self._ssl = ctypes.c_void_p(self._lib.SSL_new(self._context))
        self._lib.SSL_set_fd(self._ssl, self._socket.fileno())
        self.is_connected = self._connect(time.monotonic() + patience)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._lib.SSL_free(self._ssl)
        self._lib.SSL_CTX_free(self._context)
        self._socket.close()

    def update_keys(self):
        """Asks the server to change its keys as well. False once the connection has ended."""
        if self._lib.SSL_key_update(self._ssl, KEY_UPDATE_REQUESTED) != 1:
            return False
        return self._lib.SSL_do_handshake(self._ssl) == 1

    def renegotiate(self):
        """False where that was refused."""
        return self._lib.SSL_renegotiate(self._ssl) == 1 and self._lib.SSL_do_handshake(self._ssl) == 1

    def write(self, data):
        return self._lib.SSL_write(self._ssl, data, len(data)) == len(data)

    def read(self, size=1 << 16):
        """What there is, or b"" at the end."""
        buffer = ctypes.create_string_buffer(size)
        count = self._lib.SSL_read(self._ssl, buffer, size)
        return buffer.raw[:count] if count > 0 else b""

    def _connect(self, until):
        # A socket with a timeout gives up a read whenever its thread is woken for anything else, be it the
        # machine that was stopped for a moment. That is no answer of the server.
        while (result := self._lib.SSL_connect(self._ssl)) != 1:
            if self._lib.SSL_get_error(self._ssl, result) not in (WANT_READ, WANT_WRITE) or time.monotonic() > until:
                return False
        return True

    def _set_patience(self, seconds):
        whole = struct.pack("ll", int(seconds), 0)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, whole)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, whole)
