#!/usr/bin/env python3
"""Answers every question for an IPv4 address with 127.0.0.1, on port 53 of the loopback; for a network of a test's own."""

import socket
import struct

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    question, client = server.recvfrom(512)
    end = question.index(b"\0", 12) + 5
    is_ipv4 = question[end - 4 : end - 2] == b"\0\1"
    answer = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + b"\x7f\0\0\1"
    header = question[:2] + struct.pack(">HHHHH", 0x8180, 1, is_ipv4, 0, 0)
    server.sendto(header + question[12:end] + answer * is_ipv4, client)
