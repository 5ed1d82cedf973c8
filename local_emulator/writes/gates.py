"""What stands between a write that is right and the store: policies, and RBAC's rule that nobody grants more than they have."""

from __future__ import annotations

from local_emulator.auth.access import MASTERS, Access
from local_emulator.core.requests import User
from local_emulator.core.writing import Write
from local_emulator.writes.escalation import check_grant
from local_emulator.writes.policies import Policies

SYSTEM = User("system:kube-controller-manager", (MASTERS,))


class Gates:
    """Checks writes for ``user``, who asks for what is being done now: the API's client, or the controllers between requests."""

    def __init__(self, policies: Policies, access: Access) -> None:
        self.policies, self.access = policies, access
        self.user = SYSTEM

    def check(self, write: Write) -> list[str]:
        if write.obj is not None:
            check_grant(self.access, self.user, write.resource, write.obj, write.old)
        return self.policies.check(write, self.user)
