import JSONText
import Jinja

/// What a template takes, found by rendering made-up conversations with it, each when it is first asked for. One per
/// renderer: settings of the template may change the answers.
final class TemplateTraits {
  /// How a template takes the content of a role: a string, a list of parts, either; or a list of which it shows the
  /// first part alone.
  enum Form { case either, string, parts, onePart }

  private let renderer: ChatRenderer
  private let parser = JSONParser()
  /// By the slot of the role's word.
  private var forms = InlineArray<5, Form?>(repeating: nil)
  private var places: [String: Bool] = [:]
  private var encodes: Bool?

  init(_ template: ChatTemplate, _ options: ChatOptions) {
    var options = options
    options.isStrict = false
    options.fields = RecordFields()
    options.roles = [:]
    options.system = nil
    options.addGenerationPrompt = false
    // A template that shows the day is asked for its messages, not for the day.
    options.date = options.date ?? TemplateDate("2024-01-01".utf8)
    renderer = ChatRenderer(template: template, options: options, traits: nil)
  }

  /// Whether the template takes strings, lists of parts, or both from a role. A template that shows neither is said to
  /// take strings.
  func form(of role: MessageRole) -> Form {
    if let known = forms[role.wordSlot] { return known }
    let word = "\(role.word)"
    let asString = text(of: word, #""Qone Qtwo""#)
    let asParts = text(of: word, #"[{"type":"text","text":"Qone"},{"type":"text","text":"Qtwo"}]"#)
    let takesString = asString?.shows("Qone Qtwo") ?? false
    let form: Form
    if let asParts, let first = asParts.place(of: "Qone") {
      let behind = asParts.dropFirst(first + 4)
      if let second = behind.place(of: "Qtwo") {
        // Between texts that were parts stands nothing of the way that lists are written.
        let isList = behind[..<second].shows("text")
        form = isList ? .string : takesString ? .either : .parts
      } else {
        form = takesString || asParts.shows("Qtwo") ? .string : .onePart
      }
    } else {
      form = .string
    }
    forms[role.wordSlot] = form
    return form
  }

  /// Whether a role has a place in the template under the record's own word only.
  func prefers(_ spelled: UnsafeBufferPointer<UInt8>, to word: UnsafeBufferPointer<UInt8>) -> Bool {
    guard unsafe !spelled.elementsEqual(word) else { return false }
    return unsafe !hasPlace(for: String(decoding: word, as: UTF8.self))
      && hasPlace(for: String(decoding: spelled, as: UTF8.self))
  }

  private func hasPlace(for word: String) -> Bool {
    if let known = places[word] { return known }
    let found = text(of: word, #""Qone""#)?.shows("Qone") ?? false
    places[word] = found
    return found
  }

  /// Whether the template writes arguments that are a text as JSON once more, and takes them as an object.
  var encodesArguments: Bool {
    if let encodes { return encodes }
    func text(_ arguments: String) -> ArraySlice<UInt8>? {
      render(
        #"{"role":"user","content":"Q"},\#(Self.call(arguments)),{"role":"tool","content":"Q","name":"Qtool","tool_call_id":"call00001"},{"role":"assistant","content":"Q"}"#
      )
    }
    let asObject = text(#"{"Qcity":"Qzurich"}"#)
    let asText = text(#""{\"Qcity\": \"Qzurich\"}""#)
    let takesObject = asObject?.shows("Qzurich") ?? false
    let takesText = asText.map { $0.shows("Qzurich") && !$0.shows(#"\"Qcity"#) } ?? false
    encodes = takesObject && !takesText
    return takesObject && !takesText
  }

  private static func call(_ arguments: String) -> String {
    #"{"role":"assistant","content":"","tool_calls":[{"id":"call00001","type":"function","function":{"name":"Qtool","arguments":\#(arguments)}}]}"#
  }

  /// A conversation in which a role says something; nil where the template refuses it.
  private func text(of word: String, _ content: String) -> ArraySlice<UInt8>? {
    let said = #"{"role":"\#(word)","content":\#(content)}"#
    func turn(_ role: String, _ isList: Bool) -> String {
      let content = isList ? #"[{"type":"text","text":"Q"}]"# : #""Q""#
      return #"{"role":"\#(role)","content":\#(content)}"#
    }
    // The other turns may have to be strings or parts, too.
    for (userIsList, answerIsList) in [(false, false), (true, false), (false, true), (true, true)] {
      let (user, answer) = (turn("user", userIsList), turn("assistant", answerIsList))
      let messages =
        switch word {
        case "system", "developer": "\(said),\(user),\(answer)"
        case "user": "\(said),\(answer)"
        case "assistant": "\(user),\(said)"
        default: "\(user),\(Self.call(#"{"a":"b"}"#)),\(said),\(answer)"
        }
      if let text = render(messages), text.shows("Qone") { return text }
    }
    return nil
  }

  private func render(_ messages: String) -> ArraySlice<UInt8>? {
    guard let record = try? parser.parse(#"{"messages":[\#(messages)]}"#.utf8) else { return nil }
    var text: [UInt8] = []
    do {
      try renderer.read(record)
      try renderer.renderText(into: &text)
    } catch {
      return nil
    }
    return text[...]
  }
}

extension ArraySlice<UInt8> {
  /// Where a text first stands. O(length).
  fileprivate func place(of text: StaticString) -> Int? {
    unsafe withUnsafeBufferPointer { bytes in
      unsafe bytes.firstIndex(
        of: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }.map { startIndex + $0 }
  }

  fileprivate func shows(_ text: StaticString) -> Bool { place(of: text) != nil }
}
