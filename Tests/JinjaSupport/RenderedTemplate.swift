import JSONText
import Jinja
import Problems

/// What became of a template: its text, or why there is none.
package enum RenderedTemplate: Equatable {
  case text([UInt8])
  /// `isBound`: the template crossed a bound or uses what is refused by name.
  case failure(String, isBound: Bool)

  /// Renders a template with the members of a JSON object as its variables.
  package init(
    _ template: some Collection<UInt8>, variables: JSONNode?, budget: Budget = Budget()
  ) {
    do throws(Problem) {
      let template = try Template(template, name: "template")
      let machine = Machine(template, host: NoHost(), budget: budget)
      let values = TemplateValues(machine, template)
      for (index, name) in template.contextNames.enumerated() {
        machine.context[index] = Template.function(name) ?? .missing
        if let node = variables?[String(decoding: name, as: UTF8.self)] {
          machine.context[index] = values.value(node)
        }
      }
      do throws(Machine.Raise) {
        try machine.run()
        self = .text(machine.output.text.copy(0..<machine.output.text.count))
      } catch {
        let failure = machine.failure
        self = .failure(
          failure.reason,
          isBound: failure.kind == .tooLarge || failure.kind == .unsupported
            || failure.reason.contains("not supported"))
      }
    } catch {
      self = .failure(
        error.reason,
        isBound: error.reason.contains("not supported") || error.reason.contains("levels")
          || error.reason.contains("links"))
    }
  }
}

/// No author opens a scope, and there is no date.
private final class NoHost: TemplateHost {
  func scope(of author: Int) -> Int32? { nil }
  func today(_ format: [UInt8]) -> [UInt8]? { nil }
}

/// JSON as values of the template language.
private struct TemplateValues {
  let heap: ValueHeap
  let atoms: AtomTable

  init(_ machine: Machine, _ template: Template) {
    heap = machine.heap
    atoms = template.atoms
  }

  func value(_ node: JSONNode) -> Value {
    switch node.kind {
    case .string: return heap.string(node.bytes ?? [])
    case .null, .foreign: return .none
    case .bool: return .bool(node.bool == true)
    case .int, .uint: return node.int.map { .int($0) } ?? heap.integer(node.uint ?? 0)
    case .double: return .float(node.double ?? 0)
    case .array:
      var values: [Value] = []
      for element in node.elements { values.append(value(element)) }
      let start = heap.items.count
      for value in values { heap.items.append(value) }
      return Value(.list, start: start, count: values.count)
    case .object:
      var entries: [Entry] = []
      for (name, child) in node.members {
        let text = name.bytes ?? []
        var key = heap.string(text)
        key.atom = atoms.find(text) ?? 0
        entries.append(Entry(key: key, value: value(child)))
      }
      let start = heap.entries.count
      for entry in entries { heap.entries.append(entry) }
      return Value(.dictionary, start: start, count: entries.count)
    }
  }
}
