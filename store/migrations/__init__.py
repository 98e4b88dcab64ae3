"""Numbered SQL, applied once each and in order; a file that was released is never edited."""
