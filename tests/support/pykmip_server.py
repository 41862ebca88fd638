"""PyKMIP's server as a test wants it. Its log is in one piece, on standard error: by itself it begins a new file every megabyte and forgets the sixth. And it
listens once it knows its policies: by itself it refuses keys for a second that it will soon allow. And a policy may say who decrypts, as those of other
servers do: by itself it asks for the right to Get, and no more. Run by the Python that has PyKMIP."""

import logging
import sys
import time

from kmip.core import enums, exceptions
from kmip.services.server import engine, server


class PreparedServer(server.KmipServer):
    def serve(self):
        while set(self.policies.keys()) <= set(server.operation_policy.policies):
            time.sleep(0.02)
        super().serve()


class DiscerningEngine(engine.KmipEngine):
    def _process_decrypt(self, payload):
        found = self._get_object_with_access_controls(payload.unique_identifier, enums.Operation.GET)
        policy = self.get_relevant_policy_section(found.operation_policy_name) or {}
        if enums.Operation.DECRYPT in policy.get(found.object_type, {}):
            self.need_right_to_decrypt(payload.unique_identifier)
        return super()._process_decrypt(payload)

    def need_right_to_decrypt(self, uid):
        """What it refuses is in the log, too, with the operations that were asked for."""
        try:
            self._get_object_with_access_controls(uid, enums.Operation.DECRYPT)
        except exceptions.PermissionDenied:
            self._logger.info("Processing operation: Decrypt")
            raise


server.handlers.RotatingFileHandler = lambda *_, **__: logging.StreamHandler()
server.KmipServer = PreparedServer
server.engine.KmipEngine = DiscerningEngine
sys.exit(server.main())
