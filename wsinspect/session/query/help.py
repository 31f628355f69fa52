"""The filter language on one page."""

from __future__ import annotations

HELP = """\
A filter is one or more terms. Terms side by side must all hold.

Direction   sent received          also > and <, or ↑ and ↓
Opcode      text binary continuation close ping pong
            data control reserved  opcodes below 8, from 8 on, without a meaning
            opcode:9 opcode:0xb
Header      fin rsv1 rsv2 rsv3 masked compressed fragment
Size        size>1k len<=125       payload bytes on the wire; k M G are 1000s, Ki Mi Gi 1024s
            inflated>64Ki          bytes once inflated
Text        word "some words"      as it stands in the data
            "some words"i          in upper or lower case
            hex:00ff               these bytes
Expression  /pri[cs]e:\\d+/         Python's regular expressions over the text
            /…/i /…/m /…/s         ignore case; ^ and $ at lines; . also for line ends
            /\\x00\\xff/b            over bytes instead of text
JSON        $.error                there is such a value, whatever it is
            $.type == "ping"       == != < <= > >=, with "text", a number, true, false, null
            $.items[0].id > 3      [-1] is the last, [*] and .* are all, ..name is at any depth
            $.msg ~ /fail|err/i    ~ is for text that holds a text or matches an expression
Violations  violations             frames that break a rule
            violation:invalid-utf8 this rule
Close       code:1001 code>=1011   close frames with such a code
Where       attempt:2 frame>1000   as the timeline and the list count them
When        after:1.5s before:2m   since the session began

Combine     and or not ( )         also && || !; and binds tighter than or
            received (ping or pong) not size>125

Compressed data is looked at inflated, masked data unmasked. A text that crosses fragments is found at the fragment in
which it ends; JSON at the message's final fragment. Several values at a path: one that fits is enough. Of a frame of more
than 16 MiB its first 16 MiB are looked into. A frame for which an expression takes too long is left out, which is said.
"""
