# What Doxygen stumbles over in our Markdown: links within a page, and names that begin with "::".
s/\[([^]]*)\]\(#[^)]*\)/\1/g
s/`::([a-z-]+)`/<code>\\::\1<\/code>/g
