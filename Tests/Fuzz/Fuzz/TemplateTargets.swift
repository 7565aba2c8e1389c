import InstructionFormat
import Problems

/// Chat templates, rendered with conversations of several kinds.
struct TemplateTarget: FuzzTarget {
  static let name = "template"
  static let words = [
    "{{ ", " }}", "{% if x %}", "{% elif messages %}", "{% else %}", "{% endif %}",
    "{% for m in messages %}",
    "{% endfor %}", "{% set x = ", "{% set ns.x = ", " %}", "{% macro f(a, b=1) %}",
    "{% endmacro %}", "{% call f(1) %}",
    "{% endcall %}", "{% block b scoped %}", "{% endblock %}", "{% raw %}", "{% endraw %}",
    "{% generation %}",
    "{% endgeneration %}", "{% filter upper %}", "{% endfilter %}", "loop.index0", "loop.previtem",
    "loop.last",
    "messages[0]", "messages[-1]", "messages[1:]", "[::-1]", "m.content", "m['role']",
    "namespace(a=0)", "raise_exception('x')",
    "range(100000)", "dict(a=1)", "cycler(1,2)", "joiner(',')", "|length", "|tojson(indent=2)",
    "|join(', ')", "|sort", "|map('upper')",
    "|selectattr('a')", "|groupby('role')", "|batch(3)", "|slice(2)", "|trim",
    "|replace('a', 'bb')", "|title", "|reverse|list",
    "|unique", "|sum", "|max", "|int", "|float", "|round(2)", "|format(1)", "|safe", "|escape",
    "|default('x', true)", "|items",
    ".split()", ".strip('ab')", ".format(a=1)", ".items()", ".get('x')", ".startswith('a')",
    ".expandtabs(9)", ".zfill(30)",
    "* 1000", "% (1, 2)", " ~ ", " is defined", " is string", " not in ", " if x else ", "**", "//",
    "self.b()", "none", "true",
    "strftime_now('%Y')", "'%s'", "tools", "documents", "bos_token", "{#", "#}", "-%}", "{%-", "\n",
  ]

  private let conversations: [String]

  init() throws(Problem) {
    conversations = [
      #"{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}]}"#,
      #"{"messages":[{"role":"system","content":"S"},{"role":"user","content":"a <b> \u00e9"},{"role":"assistant","content":"","reasoning_content":"r","tool_calls":[{"type":"function","function":{"name":"f","arguments":{"x":[1,2.5,null]}}}]},{"role":"tool","content":"42"},{"role":"assistant","content":"c"}],"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"x":{"type":"array"}}}}}]}"#,
    ]
  }

  func read(_ input: [UInt8]) throws(Problem) {
    let template = try ChatTemplate(source: input, name: "fuzz")
    var (isRead, failure) = (false, Problem?.none)
    for conversation in conversations {
      do throws(Problem) {
        _ = try template.render(conversation, addGenerationPrompt: true)
        isRead = true
      } catch { failure = error }
    }
    if !isRead, let failure { throw failure }
  }
}
