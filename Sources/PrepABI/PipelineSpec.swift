import CPrepABI
import InstructionFormat
import JSONText
import Masking
import Pipeline
import Problems
import Tokenizer

extension RunOptions {
  /// Reads a JSON object whose keys are the long flags of `prep run` that decide rows. Flags that may be
  /// repeated take a list of texts.
  init(spec json: String) throws(Problem) {
    self.init()
    let parser = JSONParser()
    // Nodes live as long as their parser.
    defer { withExtendedLifetime(parser) {} }
    let root: JSONNode
    do throws(Problem) { root = try parser.parse(json.utf8) } catch {
      throw .spec("the spec is not JSON: \(error.reasonInText)")
    }
    guard root.isObject else { throw .spec("the spec is not a JSON object") }
    for (key, node) in root.members {
      let value = SpecValue(key: key.string ?? "", node: node)
      if try !setTokenizer(value), try !setSample(value), try !setConversation(value) {
        throw .spec("the spec has \"\(value.key)\", which is no flag that decides rows")
      }
    }
    guard (1...contextLength).contains(packAlign), packAlign == 1 || pack != .none else {
      throw .spec("\"pack-align\" goes with \"pack\", from 1 to the context length")
    }
  }

  /// Takes a flag on the tokenizer; false where it is none.
  private mutating func setTokenizer(_ value: SpecValue) throws(Problem) -> Bool {
    switch value.key {
    case "tokenizer": tokenizer = try value.text
    case "encoding": tokenizerOptions.encoding = try value.text
    case "pattern": tokenizerOptions.pattern = try value.text
    case "special-token":
      for (text, id) in try value.assignments(splitAtLast: true) {
        guard let id = UInt32(id) else { throw .spec("\"special-token\": \(id) is no id") }
        tokenizerOptions.specialTokens.append(.init(text: Array(text.utf8), id: id))
      }
    case "bos-token": tokens.bos = try value.text
    case "eos-token": tokens.eos = try value.text
    case "pad-token": tokens.pad = try value.text
    default: return false
    }
    return true
  }

  /// Takes a flag on samples and rows; false where it is none.
  private mutating func setSample(_ value: SpecValue) throws(Problem) -> Bool {
    switch value.key {
    case "schema": schema = try value.choice()
    case "field":
      for (role, name) in try value.assignments() {
        guard let role = RecordRole(rawValue: role) else {
          throw .spec("\"field\": there is no role \(role)")
        }
        fields[role] = name
      }
    case "context-length": contextLength = try value.number(in: 1...1 << 24)
    case "prompt-length": promptLength = try value.number(in: 1...Int.max)
    case "response-length": responseLength = try value.number(in: 1...Int.max)
    case "truncate": truncate = try value.choice()
    case "seam": seam = try value.choice()
    case "straddle": straddle = try value.choice()
    case "parse-special": parseSpecial = try value.flag
    case "pack":
      if let packs = value.node.bool {
        pack = packs ? .whole : .none
      } else {
        pack = try value.choice()
      }
    case "pack-align": packAlign = try value.number(in: 1...1 << 24)
    case "max-record-size": maximumRecordSize = try value.number(in: 1...1 << 30)
    default: return false
    }
    return true
  }

  /// Takes a flag on templates; false where it is none.
  private mutating func setConversation(_ value: SpecValue) throws(Problem) -> Bool {
    switch value.key {
    case "template": use(template: try value.text)
    case "template-arg": chat.arguments += try value.assignments()
    case "system": chat.system = try value.text
    case "date": chat.date = try value.text
    case "loss": chat.loss = try value.choice()
    case "history": chat.history = try value.choice()
    default: return false
    }
    return true
  }
}

/// One member of a spec, read as the type that its flag has.
private struct SpecValue {
  let key: String
  let node: JSONNode

  var text: String {
    get throws(Problem) {
      guard let text = node.string else { throw .spec("\"\(key)\" must be a text") }
      return text
    }
  }

  var flag: Bool {
    get throws(Problem) {
      guard let flag = node.bool else { throw .spec("\"\(key)\" must be true or false") }
      return flag
    }
  }

  func number(in range: ClosedRange<Int>) throws(Problem) -> Int {
    guard let number = node.int, range.contains(number) else {
      throw .spec("\"\(key)\" must be a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func choice<Choice: RawRepresentable<String> & CaseIterable>() throws(Problem) -> Choice {
    guard let choice = node.string.flatMap(Choice.init(rawValue:)) else {
      let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw .spec("\"\(key)\" must be one of \(names)")
    }
    return choice
  }

  /// Texts `name=value`.
  func assignments(
    splitAtLast: Bool = false
  ) throws(Problem) -> [(name: String, value: String)] {
    guard node.isArray else { throw .spec("\"\(key)\" must be a list of texts name=value") }
    var found: [(name: String, value: String)] = []
    for element in node.elements {
      guard let text = element.string,
        let equals = splitAtLast ? text.lastIndex(of: "=") : text.firstIndex(of: "=")
      else { throw .spec("\"\(key)\" must be a list of texts name=value") }
      found.append((String(text[..<equals]), String(text[text.index(after: equals)...])))
    }
    return found
  }
}
