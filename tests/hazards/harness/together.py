"""The same thing done by several clients at once."""

import concurrent.futures


def together(count, client):
    """What client(0) to client(count - 1) return; what one of them raises is raised."""
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(client, range(count)))
