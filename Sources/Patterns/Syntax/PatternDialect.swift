/// Whose syntax a pattern is written in.
package enum PatternDialect: Sendable, Equatable {
  /// Oniguruma 6.9.10 with its own syntax: `tokenizer.json`.
  ///
  /// `{1,3}+` repeats the interval and `{3}?` makes it optional; `^` and `$` are ends of lines; `(?m)` lets the dot match a newline;
  /// `a(?i)b|c` is `a(?i:b|c)`; a property outside a class does not fold case; a match may fold several scalars to one.
  case oniguruma
  /// Rust's `regex` and `fancy-regex`: tiktoken and tekken.
  ///
  /// `{1,3}+` is possessive; `^` and `$` are the ends of the text, of lines with `(?m)`; `(?s)` lets the dot match a newline;
  /// POSIX brackets are ASCII; classes know `--` and `~~`.
  case rust
}
