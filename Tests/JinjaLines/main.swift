// Renders templates for the tests that compare them with jinja2: reads lines of
// {"template": …, "variables": {…}}, writes lines of {"text": …} or {"error": …, "bound": …}.
import JSONText
import JinjaSupport

let parser = JSONParser()
var writer = JSONWriter()
while let line = readLine() {
  let node = try parser.parse(line.utf8)
  writer.removeAll()
  writer.beginObject()
  switch RenderedTemplate(node["template"]?.bytes ?? [], variables: node["variables"]) {
  case .text(let text):
    writer.key("text" as StaticString)
    writer.string(text)
  case .failure(let reason, let isBound):
    writer.key("error" as StaticString)
    writer.string(reason)
    writer.key("bound" as StaticString)
    writer.bool(isBound)
  }
  writer.endObject()
  print(String(decoding: writer.bytes, as: UTF8.self))
}
