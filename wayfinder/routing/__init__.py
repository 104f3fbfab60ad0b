"""From facts through judgement to an answer; no web, no SQL."""
