"""A page about hidden states: what they listen to, how long they last, how many there are."""

from .contents import contents_of_states
from .subject import StatesSubject

__all__ = ["StatesSubject", "contents_of_states"]
