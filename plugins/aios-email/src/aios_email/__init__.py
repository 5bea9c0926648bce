"""Mail in its forms: single mails, mailboxes, messages of Outlook and winmail.dat."""

from ._component import Email
from ._mbox import Mbox
from ._msg_component import Msg
from ._tnef_component import Tnef

__all__ = ["Email", "Mbox", "Msg", "Tnef"]
