#include "model/script_products.hpp"

#include <algorithm>
#include <array>

#include "model/json_writer.hpp"
#include "model/strict_json.hpp"

namespace envlock {
namespace {

constexpr std::array<std::string_view, 1> document_keys{"products"};
constexpr std::array<std::string_view, 6> product_keys{"path",       "package", "link",
                                                       "executable", "size",    "sha256"};
constexpr JsonLimits limits{.max_bytes = std::size_t{256} << 20U, .max_items = 10'000'000};

ScriptProduct read_product(const JsonNode& node) {
  const JsonObject object(node, product_keys);
  ScriptProduct product;
  const JsonNode path = object.at("path");
  product.path = path.text();
  if (const auto fault = package_path_fault(product.path)) path.fail(*fault);
  product.package = object.at("package").non_empty_text();
  if (const auto link = object.find("link")) {
    product.type = PathType::link;
    product.target = link->non_empty_text();
    for (const std::string_view key : {"executable", "size", "sha256"}) {
      if (const auto other = object.find(key)) other->fail("not for links");
    }
    return product;
  }
  if (const auto executable = object.find("executable")) product.executable = executable->boolean();
  product.size_bytes = object.at("size").unsigned_integer();
  product.sha256 = object.at("sha256").sha256();
  return product;
}

}  // namespace

std::string write_script_products(std::vector<ScriptProduct> products) {
  std::ranges::sort(products, {}, &ScriptProduct::path);
  JsonWriter json;
  json.begin_object().key("products").begin_array();
  for (const ScriptProduct& product : products) {
    json.begin_line_object().member("path", product.path).member("package", product.package);
    if (product.type == PathType::link) {
      json.member("link", product.target);
    } else {
      if (product.executable) json.member("executable", true);
      json.member("size", product.size_bytes).member("sha256", product.sha256.hex());
    }
    json.end_object();
  }
  return json.end_array().end_object().take();
}

std::vector<ScriptProduct> read_script_products(std::string_view json, const std::string& file) {
  const JsonDocument document(json, file, limits);
  const JsonNode root = document.root();
  const JsonObject object(root, document_keys);
  std::vector<ScriptProduct> products;
  object.at("products").for_each_item([&](const JsonNode& node) {
    ScriptProduct product = read_product(node);
    if (!products.empty() && products.back().path >= product.path)
      node.fail("its path is not behind the one before");
    products.push_back(std::move(product));
  });
  return products;
}

}  // namespace envlock
