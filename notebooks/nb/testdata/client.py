"""A client of the kernel, as editors are: requests in JSON on standard input, replies on standard output, one a line.

The tests of package nb start it. "send" returns at once, "wait" waits for the reply to all that was sent.
"""
import json
import sys
import time

from jupyter_client.manager import KernelManager

manager = KernelManager(kernel_name="gonb")
client = None
sent = []  # ids of requests for cells, in order


def start(cwd):
    global client
    manager.start_kernel(cwd=cwd)
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    return {"pid": manager.provisioner.pid}


def send(code):
    sent.append(client.execute(code))
    return {}


def wait(timeout):
    """Replies of all cells that were sent, each with what was put out."""
    deadline, cells = time.monotonic() + timeout, {i: {"outputs": []} for i in sent}
    idle = set()
    while len(idle) < len(cells):
        message = client.get_iopub_msg(timeout=max(0.01, deadline - time.monotonic()))
        parent, kind, content = message["parent_header"].get("msg_id"), message["msg_type"], message["content"]
        if parent not in cells:
            continue
        if kind == "status" and content["execution_state"] == "idle":
            idle.add(parent)
        elif kind not in ("status", "execute_input"):
            cells[parent]["outputs"].append({"type": kind, "content": content})
    while any("status" not in c for c in cells.values()):
        message = client.get_shell_msg(timeout=max(0.01, deadline - time.monotonic()))
        if message["parent_header"].get("msg_id") in cells:
            content = message["content"]
            cell = cells[message["parent_header"]["msg_id"]]
            cell["status"], cell["error"] = content["status"], content.get("evalue", "")
    ordered = [cells[i] for i in sent]
    sent.clear()
    return {"cells": ordered}


def ask(id, timeout):
    deadline = time.monotonic() + timeout
    while True:
        message = client.get_shell_msg(timeout=max(0.01, deadline - time.monotonic()))
        if message["parent_header"].get("msg_id") == id:
            return message["content"]


def output(timeout):
    """The next thing that a cell puts out."""
    deadline = time.monotonic() + timeout
    while True:
        message = client.get_iopub_msg(timeout=max(0.01, deadline - time.monotonic()))
        if message["msg_type"] not in ("status", "execute_input"):
            return {"type": message["msg_type"], "content": message["content"]}


def complete(code, pos, timeout):
    return ask(client.complete(code, pos), timeout)


def inspect(code, pos, timeout):
    return ask(client.inspect(code, pos), timeout)


def interrupt():
    manager.interrupt_kernel()
    return {}


def restart():
    manager.restart_kernel()
    client.wait_for_ready(timeout=60)
    return {"pid": manager.provisioner.pid}


def shutdown(now):
    if manager.has_kernel:
        client.stop_channels()
        manager.shutdown_kernel(now=now)
    return {}


verbs = {f.__name__: f for f in (start, send, wait, output, complete, inspect, interrupt, restart, shutdown)}
for line in sys.stdin:
    request = json.loads(line)
    try:
        reply = verbs[request.pop("verb")](**request)
    except Exception as e:  # the test says what it wanted
        reply = {"failed": f"{type(e).__name__}: {e}"}
    print(json.dumps(reply, default=str), flush=True)
