import JSONText
import Problems

/// What the flags of a message or of a part say about learning it.
struct Learning {
  /// Factor of the loss; 0 where a flag says that it is not learned.
  var weight: Float = 1
  /// Whether a flag says yes: then a turn is learned that the run would not learn.
  var isWanted = false

  /// Names of flags, of a message or of a part.
  static let flags = [
    "loss", "mask", "train", "weight", "training", "trainable", "loss_mask", "loss_scale",
    "loss_weight",
  ]

  /// Takes one flag. A boolean (or 0 and 1, where the name asks a question) decides, a number is a factor.
  mutating func take(
    _ name: UnsafeBufferPointer<UInt8>, _ value: JSONNode, at place: () -> String
  ) throws(Problem) {
    let shown = unsafe String(decoding: name, as: UTF8.self)
    let field = "\(place()).\(shown)"
    guard shown != "mask" else {
      throw Problem(
        .unclearFlag, field: field,
        reason: "\(field): some data sets mask with it, others learn with it",
        remedy: "write \"train\": true or false")
    }
    let isFactor = shown == "weight" || shown == "loss_weight" || shown == "loss_scale"
    if let choice = value.bool, !isFactor {
      decide(choice)
    } else if let number = value.double, number >= 0, number.isFinite {
      if !isFactor, number == 0 || number == 1 {
        decide(number == 1)
      } else {
        weight *= Float(number)
      }
    } else {
      throw Problem(
        .wrongType, field: field,
        reason:
          "\(field): is \(value.kind.name), not \(isFactor ? "a number from 0 up" : "true or false")",
        remedy: isFactor ? "use 0, 1 or another factor of the loss" : "use true or false")
    }
  }

  private mutating func decide(_ choice: Bool) {
    if choice { isWanted = true } else { weight = 0 }
  }
}
