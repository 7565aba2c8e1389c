import Problems

/// Something that reads what strangers wrote. Whatever it is given, it says what is wrong with it, or reads it: it does not
/// crash, hang, or take memory without bound.
protocol FuzzTarget: SendableMetatype {
  /// As the command line and the folder of its inputs name it.
  static var name: String { get }
  /// Words of what it reads, from which inputs are put together.
  static var words: [String] { get }
  /// How inputs are changed.
  static var grammar: Grammar { get }

  init() throws(Problem)

  /// Inputs that it makes itself, beside those of its folder.
  var seeds: [[UInt8]] { get throws(Problem) }

  /// Reads one input; throws where it is refused.
  func read(_ input: [UInt8]) throws(Problem)
}

extension FuzzTarget {
  static var words: [String] { [] }
  static var grammar: Grammar { .text }
  var seeds: [[UInt8]] { get throws(Problem) { [] } }
}

/// What inputs are made of.
enum Grammar {
  /// Words, numbers, quoted texts and brackets: JSON, templates, patterns.
  case text
  /// Numbers of a few bytes, little end first.
  case binary
  /// Fields of protocol buffers.
  case fields
}

let fuzzTargets: [any FuzzTarget.Type] = [
  TemplateTarget.self, RecordTarget.self, PatternTarget.self, TokenizerFileTarget.self,
  RankFileTarget.self, TekkenTarget.self, SentencePieceTarget.self, ModelFolderTarget.self,
  ShardTarget.self, ManifestTarget.self, InputTarget.self, SpecTarget.self,
]

/// Ends the process with a word where a target finds what cannot be. (A precondition of a release build says nothing.)
func check(_ isTrue: Bool, _ otherwise: @autoclosure () -> String) {
  if !isTrue { fatalError(otherwise()) }
}
