"""What a report says, as plain content: one module per section.

A section function returns `None` where the report holds nothing that it could show.
"""
