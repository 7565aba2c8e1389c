import JSONText
import Problems

/// A member of a spec, read as what its option takes.
struct OptionValue {
  let name: OptionName
  let node: JSONNode

  private func refusal(_ wanted: String) -> Problem {
    Problem(.option, reason: "\(name) must be \(wanted)")
  }

  var text: String {
    get throws(Problem) {
      guard let text = node.string else { throw refusal("a text") }
      return text
    }
  }

  var flag: Bool {
    get throws(Problem) {
      guard let flag = node.bool else { throw refusal("true or false") }
      return flag
    }
  }

  var number: Int {
    get throws(Problem) {
      guard let number = node.int else {
        guard case .number(let range) = RunOption.named(name.rawValue)?.type else {
          throw refusal("a number")
        }
        throw refusal("a number from \(range.lowerBound) to \(range.upperBound)")
      }
      return number
    }
  }

  func choice<Choice: RawRepresentable<String> & CaseIterable>() throws(Problem) -> Choice {
    guard let choice = node.string.flatMap(Choice.init(rawValue:)) else {
      throw refusal("one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return choice
  }

  /// Texts `name=value`.
  func assignments(splitAtLast: Bool = false) throws(Problem) -> [(name: String, value: String)] {
    guard node.isArray else { throw refusal("a list of texts name=value") }
    var found: [(name: String, value: String)] = []
    for element in node.elements {
      guard let text = element.string,
        let equals = splitAtLast ? text.lastIndex(of: "=") : text.firstIndex(of: "=")
      else { throw refusal("a list of texts name=value") }
      found.append((String(text[..<equals]), String(text[text.index(after: equals)...])))
    }
    return found
  }
}
