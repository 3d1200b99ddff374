"""Clients that leave without a word."""

import itertools
import socket
import time

from harness import reviews
from harness.clients import client_hello, head, post, reset, tcp, tls
from harness.suite import hazard
from harness.waiting import wait_until


def leave_after_connect(port):
    reset(tcp(port))


def leave_within_the_hello(port):
    connection = tcp(port)
    connection.sendall(client_hello()[:100])
    reset(connection)


def leave_after_the_hello(port):
    connection = tcp(port)
    connection.sendall(client_hello())
    reset(connection)


def leave_after_the_server_hello(port):
    connection = tcp(port)
    connection.sendall(client_hello())
    connection.recv(100)
    reset(connection)


def leave_within_the_head(port):
    connection = tls(port)
    connection.sendall(head()[:40])
    reset(connection)


def leave_within_the_body(port):
    connection = tls(port)
    connection.sendall(head("Content-Length: 100000\r\n") + b"{" * 50_000)
    reset(connection)


def leave_within_a_large_body(port):
    connection = tls(port)
    connection.sendall(head("Content-Length: 3000000\r\n") + b" " * 2_500_000)
    reset(connection)


def leave_before_the_answer(port):
    connection = tls(port)
    connection.sendall(post(reviews.denied().body))
    reset(connection)


def leave_during_a_large_review(port):
    connection = tls(port)
    connection.sendall(post(reviews.ones(1_200_000).body))
    reset(connection)


def leave_with_answers_unread(port):
    connection = tls(port)
    connection.sendall(post(reviews.with_long_answer().body) * 20)
    time.sleep(0.002)
    reset(connection)


def leave_half(port):
    """Says that nothing more will come, and stays to listen."""
    connection = tls(port)
    connection.sendall(post(reviews.denied().body))
    connection.shutdown(socket.SHUT_WR)
    connection.close()


WAYS_TO_LEAVE = [
    leave_after_connect,
    leave_within_the_hello,
    leave_after_the_hello,
    leave_after_the_server_hello,
    leave_within_the_head,
    leave_within_the_body,
    leave_within_a_large_body,
    leave_before_the_answer,
    leave_during_a_large_review,
    leave_with_answers_unread,
    leave_half,
]


@hazard("descriptors as before", growth=120, kept=30)
def vanishing_clients(scene):
    """hundreds of clients that vanish in every phase leave no descriptor behind"""
    guard = scene.guard
    before = guard.descriptors_at_rest()
    rounds = scene.kind.many(40)
    for leave, _ in itertools.product(WAYS_TO_LEAVE, range(rounds)):
        leave(guard.port)
    wait_until("all descriptors are closed", lambda: guard.descriptors() <= before, scene.kind.later(5))
    scene.measured = f"{rounds * len(WAYS_TO_LEAVE)} clients; {before} descriptors before and after"
