"""The main job through a real KMIP server, PyKMIP, over mutual TLS."""

from collections import Counter

from support.kmip_admin import ENCRYPT


def test_what_the_server_was_asked_is_counted(kmip):
    """Each request once, also the ones that fail: other tests rely on it."""
    before = kmip.operations()
    admin = kmip.admin()
    for number in range(3):
        admin.destroy(admin.add_key(active=False, usage=ENCRYPT))
    admin.activate(admin.add_key(active=False))
    assert kmip.operations() - before == Counter(Create=4, Destroy=3, Activate=1)
