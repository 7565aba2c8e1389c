import JSONText
import Problems
import Testing

@testable import InstructionFormat

@Suite("Records as people have them") struct ReadingTests {
  /// What is rendered with `chatml`, learned text between ⟦ and ⟧; or the reject's kind.
  private func mask(
    _ json: String, loss: String = "assistant", given: [RecordRole: String] = [:],
    roles: [String: MessageRole] = [:], template: String = "chatml"
  ) throws -> String {
    var options = ChatOptions()
    options.loss = try #require(LossPolicy(rawValue: loss))
    options.fields = RecordFields(given: given)
    options.roles = roles
    let parser = JSONParser()
    let padded = Array(json.utf8) + [UInt8](repeating: 0, count: JSONParser.padding)
    let renderer = ChatRenderer(
      template: try #require(try ChatTemplate.builtIn(template)), options: options)
    var sample = RenderedRecord()
    do throws(Problem) {
      let record = try unsafe padded.withUnsafeBufferPointer { bytes throws(Problem) in
        do throws(Problem) {
          return try unsafe parser.parseRecord(
            padded: UnsafeBufferPointer(rebasing: bytes.dropLast(JSONParser.padding)))
        } catch { throw Problem(.invalidJSON, reason: error.reason) }
      }
      _ = try renderer.prepare(record)
      try renderer.render(sample: 0, into: &sample)
    } catch {
      return "\(error.kind.rawValue) \(error.field ?? "")"
    }
    var text = ""
    for segment in sample.segments {
      let part = String(decoding: sample.text[segment.range], as: UTF8.self)
      text += segment.isSupervised ? "⟦\(part)⟧" : part
    }
    return text.replacing("⟧⟦", with: "").replacing("<|im_start|>", with: "<")
      .replacing("<|im_end|>", with: ">").replacing("\n", with: "/")
  }

  @Test(
    "one exchange in every shape",
    arguments: [
      #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}"#,
      #"{"messages":[{"role":"human","content":"a"},{"role":"gpt","content":"b"}]}"#,
      #"{"messages":[{"role":"User","content":"a"},{"role":"Chatbot","content":"b"}]}"#,
      #"{"messages":[{"from":"human","value":"a"},{"from":"model","value":"b"}]}"#,
      #"{"messages":[{"speaker":"human","text":"a"},{"speaker":"AI","text":"b"}]}"#,
      #"{"messages":null,"conversations":[{"from":"human","value":"a"},{"from":"gpt","value":"b"}]}"#,
      #"{"conversation":[{"human":"a","assistant":"b"}]}"#,
      #"{"conversation":[{"assistant":"b","human":"a"}]}"#,
      #"{"conversation":[{"system":"","input":"a","output":"b"}]}"#,
      #"{"messages":[{"question":"a","answer":"b","weight":1}]}"#,
      #"{"messages":{"role":["user","assistant"],"content":["a","b"],"name":[null,null]}}"#,
      #"{"conversations":{"from":["human","gpt"],"value":["a","b"]}}"#,
      #"{"problem":"a","solution":"b","weight":1,"train":true,"loss":0.5}"#,
      #"{"messages":"[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"}]"}"#,
      #"{"messages":[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":["b"]}]}"#,
      #"{"prompt":[{"role":"user","content":"a"}],"completion":[{"role":"assistant","content":"b"}]}"#,
      #"{"query":"a","response":"b","history":[],"id":123456789012345678901234567890}"#,
      #"{"instruction":"a","input":null,"output":"b","score":NaN,"system":NaN}"#,
      #"{"completion":"","response":"b","task":"a"}"#,
    ])
  func shapes(json: String) throws {
    #expect(try mask(json) == "<user/a>/<assistant/⟦b>⟧/")
  }

  @Test("an unknown role in columns is refused where others are let through, too")
  func unknownRoleInColumns() throws {
    let template = try ChatTemplate(
      source: Array("{% for m in messages %}{{ m.role }}:{{ m.content }} {% endfor %}".utf8),
      name: "t")
    var options = ChatOptions()
    options.isStrict = false
    #expect(
      try template.render(
        #"{"messages":[{"role":"narrator","content":"a"}]}"#, options: options) == "narrator:a ")
    let problem = #expect(throws: Problem.self) {
      try template.render(
        #"{"messages":{"role":["narrator"],"content":["a"]}}"#, options: options)
    }
    #expect(problem?.kind == .unknownRole)
  }

  @Test("a flag of the whole record is let through where the user names what is learned")
  func flagsOfRecords() throws {
    #expect(
      try mask(#"{"prompt":"a","completion":"b","weight":0}"#, given: [.response: "completion"])
        == "<user/a>/<assistant/⟦b>⟧/")
  }

  @Test("keys and paths that the user names are read")
  func named() throws {
    #expect(
      try mask(
        #"{"data":{"turns":[{"who":"human","said":"a"},{"who":"oracle","said":"b"}]}}"#,
        given: [.messages: "data.turns", .role: "who", .content: "said"],
        roles: ["oracle": .assistant]) == "<user/a>/<assistant/⟦b>⟧/")
  }

  @Test("system and history stand before messages and instructions")
  func beside() throws {
    #expect(
      try mask(#"{"query":"q","response":"r","history":[["h","i"]],"system":"S"}"#)
        == "<system/S>/<user/h>/<assistant/⟦i>⟧/<user/q>/<assistant/⟦r>⟧/")
    #expect(
      try mask(
        #"{"system":"S","conversations":[{"from":"human","value":"a"},{"from":"gpt","value":"b"}]}"#
      )
        == "<system/S>/<user/a>/<assistant/⟦b>⟧/")
    #expect(
      try mask(#"{"instruction":"i","context":"c","input":"n","output":"o"}"#)
        == "<user/i//c//n>/<assistant/⟦o>⟧/")
  }

  @Test("only the completion is learned, all of its turns")
  func completion() throws {
    #expect(
      try mask(
        #"{"prompt":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"completion":[{"role":"assistant","content":"c"},{"role":"user","content":"d"},{"role":"assistant","content":"e"}]}"#
      ) == "<user/a>/<assistant/b>/<assistant/⟦c>⟧/<user/d>/<assistant/⟦e>⟧/")
    #expect(
      try mask(
        #"{"prompt":"p","chosen":[{"role":"user","content":"p"},{"role":"assistant","content":"c"}],"rejected":[]}"#,
        given: [.response: "chosen"]) == "<user/p>/<assistant/⟦c>⟧/")
  }

  @Test("flags of turns, parts and spans are honoured under every policy, or refused by name")
  func flags() throws {
    func turns(_ flag: String, on role: String = "assistant") -> String {
      let user = #"{"role":"user","content":"a"\#(role == "user" ? "," + flag : "")}"#
      let answer = #"{"role":"assistant","content":"b"\#(role == "user" ? "" : "," + flag)}"#
      return
        #"{"messages":[\#(user),\#(answer),{"role":"user","content":"c"},{"role":"assistant","content":"d"}]}"#
    }
    for flag in [
      "train", "training", "trainable", "loss", "loss_mask",
    ] {
      for value in ["false", "0"] {
        #expect(
          try mask(turns("\"\(flag)\":\(value)"))
            == "<user/a>/<assistant/b>/<user/c>/<assistant/⟦d>⟧/")
      }
      #expect(
        try mask(turns("\"\(flag)\":true", on: "user"))
          == "<user/⟦a>⟧/<assistant/⟦b>⟧/<user/c>/<assistant/⟦d>⟧/")
    }
    for flag in ["weight", "loss_weight", "loss_scale"] {
      #expect(
        try mask(turns("\"\(flag)\":0"), loss: "all")
          == "⟦<user/a>/⟧<assistant/b>/⟦<user/c>/<assistant/d>/⟧")
    }
    #expect(try mask(turns("\"mask\":1")) == "unclear-flag messages[1].mask")
    #expect(try mask(turns("\"train\":\"yes\"")) == "wrong-type messages[1].train")
    #expect(
      try mask(
        #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"höllo you","train_detail":[{"begin_offset":0,"end_offset":5,"train":false}]}]}"#
      ) == "<user/a>/<assistant/höllo ⟦you>⟧/")
    #expect(
      try mask(
        #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"text","text":"b","weight":0},{"type":"text","text":"c"}]}]}"#
      ) == "<user/a>/<assistant/b⟦c>⟧/")
  }

  @Test(
    "the policy says whose turns are learned, and what is taken away",
    arguments: [
      (
        "last",
        "<system/s>/<user/a>/<assistant/b>/<user/c>/<assistant/⟦d>⟧/<tool/e>/<assistant/⟦f>⟧/"
      ),
      (
        "assistant-terminator",
        "<system/s>/<user/a>/<assistant/⟦b⟧>/<user/c>/<assistant/⟦d⟧>/<tool/e>/<assistant/⟦f⟧>/"
      ),
      (
        "user",
        "<system/s>/<user/⟦a>⟧/<assistant/b>/<user/⟦c>⟧/<assistant/d>/<tool/e>/<assistant/f>/"
      ),
      (
        "system+tool",
        "<system/⟦s>⟧/<user/a>/<assistant/b>/<user/c>/<assistant/d>/<tool/⟦e>⟧/<assistant/f>/"
      ),
      ("all", "⟦<system/s>/<user/a>/<assistant/b>/<user/c>/<assistant/d>/<tool/e>/<assistant/f>/⟧"),
    ])
  func policies(loss: String, expected: String) throws {
    #expect(
      try mask(
        #"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"},{"role":"assistant","content":"d"},{"role":"tool","content":"e"},{"role":"assistant","content":"f"}]}"#,
        loss: loss) == expected)
  }

  @Test("policies are written as they are read, and nonsense is none")
  func policyNames() throws {
    for name in [
      "assistant", "last-reasoning", "all-terminator", "assistant+user-reasoning-tool-calls",
      "tools",
    ] {
      #expect(LossPolicy(rawValue: name)?.rawValue == name)
    }
    for name in ["", "assistant-", "everything", "all+user", "assistant+last", "assistant-content"]
    {
      #expect(LossPolicy(rawValue: name) == nil)
    }
  }

  @Test(
    "what is no conversation to learn from is refused with its place",
    arguments: [
      (
        #"{"messages":[{"role":"user","content":[{"type":"image_url"}]},{"role":"assistant","content":"b"}]}"#,
        "media-part messages[0].content[0]"
      ),
      (
        #"{"messages":[{"role":"user","content":[{"type":"poem"}]},{"role":"assistant","content":"b"}]}"#,
        "unknown-part messages[0].content[0]"
      ),
      (
        #"{"images":["x"],"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}"#,
        "media-part "
      ),
      (
        #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{}}}]}]}"#,
        "turn-dropped messages[1]"
      ),
      (#"{"messages":[{"role":"assistnat","content":"a"}]}"#, "unknown-role messages[0].role"),
      (
        #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"tools":[{"x":NaN}]}"#,
        "wrong-type tools[0].x"
      ),
      (
        #"{"system":"S","messages":[{"role":"system","content":"T"},{"role":"assistant","content":"b"}]}"#,
        "ambiguous-field system"
      ),
      (
        #"{"messages":[{"role":"user","content":"a"}],"conversations":[{"from":"human","value":"b"}]}"#,
        "ambiguous-field messages"
      ),
      (#"{"messages":[{"user":"bob","content":"a"}]}"#, "missing-field messages[0].role"),
      (#"{"messages":[{"human":"a","user":"b"}]}"#, "missing-field messages[0].role"),
      (
        #"{"messages":[{"human":"a","assistant":"b"},{"human":"c","assistant":["d"]}]}"#,
        "wrong-type messages[1].assistant"
      ),
      (
        #"{"messages":{"role":["user","assistant"],"content":["a"]}}"#,
        "wrong-type messages.content"
      ),
      (
        #"{"messages":{"role":["user","assistant"],"content":["a","b"],"name":["c",null]}}"#,
        "wrong-type messages.name"
      ),
      (#"{"messages":{"role":["user"],"content":[1]}}"#, "wrong-type messages.content[0]"),
      (#"{"messages":{"role":["narrator"],"content":["a"]}}"#, "unknown-role messages.role[0]"),
      (#"{"question":["a","b"],"answer":["c","d"]}"#, "wrong-type question"),
      (#"{"prompt":"a","completion":"b","weight":0}"#, "unclear-flag weight"),
      (#"{"prompt":"a","completion":"b","train":false}"#, "unclear-flag train"),
      (
        #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"loss_mask":[0,1]}"#,
        "unclear-flag loss_mask"
      ),
    ])
  func refusals(json: String, expected: String) throws {
    #expect(try mask(json) == expected)
  }
}
