#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Colour where a person reads along: on a terminal, unless NO_COLOR is set. It only repeats what words say.
struct Paint: Sendable {
  let hasColour: Bool

  /// Of the palette of 256 colours those of which each stands out from white and from black by 3.9 to 1 at least; by
  /// yellow and light green nothing can be read on white, by blue on black. Distinct to people who are colour-blind.
  enum Colour: String {
    /// #ff0000
    case bad = "1;38;5;196"
    /// #af5f00
    case doubtful = "38;5;130"
    /// #008700
    case good = "38;5;28"
    /// The terminal's own, bold.
    case head = "1"
  }

  /// `asked`: what a flag says, before anything else.
  init(_ descriptor: Int32, asked: Bool? = nil) {
    let noColour = unsafe getenv("NO_COLOR").map { unsafe $0.pointee != 0 } ?? false
    let isDumb = unsafe getenv("TERM").map { unsafe strcmp($0, "dumb") == 0 } ?? false
    hasColour = asked ?? (isatty(descriptor) == 1 && !noColour && !isDumb)
  }

  static let out = Paint(STDOUT_FILENO)
  static let error = Paint(STDERR_FILENO)

  func callAsFunction(_ text: String, _ colour: Colour) -> String {
    hasColour ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
  }
}
