#include "torchscript/random_module.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>

#include "torchscript/small_models.hpp"

namespace scission::testing {
namespace {

/// Statements that make a tensor `t` like `a` from `a` and `b`, of the same shape, with `l` and `n`
/// as other new names.
using Templates = std::vector<const char*>;

const Templates containers_in_branches = {
    // a branch chooses among lists of unequal lengths
    R"(
  if bool(torch.sum({b}) > 0):
    {l} = [torch.cos({a}), {b}]
  else:
    {l} = [{a}]
  {t} = {l}[0] + {l}[-1] * len({l}))",
    R"(
  {l} = ({a}, {b})
  if bool(torch.sum({b}) > 0):
    {l} = ({b}, torch.cos({a}))
  {n}, {t} = {l}
  {t} = {t} - {n})",
    // a key that is there for some numbers
    R"(
  {l} = {{"x": {a}}}
  if bool(torch.mean({a}) > 0):
    {l}["y"] = torch.cos({b})
  {t} = torch.zeros_like({a})
  for {n} in {l}.values():
    {t} = {t} + {n}
  if "y" in {l}:
    {t} = {t} * {l}.pop("y"))",
    R"(
  {l} = [{a}, {b}, torch.cos({a})]
  if bool(torch.sum({a}) > 0):
    {t} = {l}.pop()
  else:
    {t} = {l}.pop(0)
  {t} = {t} - torch.sum(torch.stack({l}), 0))",
    // lists of lists
    R"(
  {l} = [[{a}], [{b}, {a}]]
  {l}[0].append(torch.sin({b}))
  {n} = {l}[1]
  {n}[0] = torch.cos({n}[0])
  {t} = {l}[0][-1] + {l}[1][0])",
    R"(
  {n}: Optional[Tensor] = None
  if bool(torch.sum({a}) > 0):
    {n} = torch.cos({b})
  {t} = torch.tanh({a})
  if {n} is not None:
    {t} = {t} + {n})",
    R"(
  {l}: List[int] = []
  if bool(torch.sum({a}) > 0):
    {l}.append(2)
  {t} = {a} * (len({l}) + sum({l})))",
    R"(
  {l}: List[Tensor] = []
  for {n} in range(int(torch.sum({b} > 0)) % 3):
    {l}.append({a} * {n})
    {l}.append({b})
  {l}.append({a})
  {t} = torch.mean(torch.stack({l}), 0))",
    R"(
  {t} = {a}
  for {n} in range(4):
    if bool(torch.max({t}) > 1):
      break
    {t} = {t} * 1.5 + {b})",
    // the same list by another name
    R"(
  {l} = [{a}]
  {n} = {l}
  if bool(torch.sum({b}) > 0):
    {n}.append(torch.cos({b}))
  {t} = torch.sum(torch.stack({l}), 0))",
    // changes in place, of what is in a list, and of what a branch returns
    R"(
  {l} = [{a} * 2, {b}]
  if bool(torch.sum({b}) > 0):
    {l}[0].mul_(0.5)
  {t} = {l}[0] + {b})",
    R"(
  if bool(torch.sum({b}) > 0):
    {t} = {a}[:, :]
  else:
    {t} = {b}
  {t}[:, 0:1].add_(1.0))",
    R"(
  {l} = list(torch.unbind({a}, 1))
  {l}[0].mul_(0.5)
  {l}.reverse()
  {t} = torch.stack({l}, 1) + {a})",
    R"(
  if bool(torch.sum({a}) > 0):
    if bool(torch.sum({b}) > 0):
      {a}.add_({b} * 0.5)
    {t} = {a} + 1
  else:
    {t} = {b}.clone()
    {t}.mul_(2.0))",
    R"(
  {t} = {a}
  while bool(torch.norm({t}) > 1.0):
    {t} = torch.tanh({t}) * 0.7
    if bool(torch.sum({t}) < 0):
      {t} = {t} - {b}
      break)"};

const Templates layouts = {
    R"(
  {t} = {a} * {a}.stride(1) - {b}.storage_offset())",
    R"(
  {t} = {a} + 1
  if {a}.is_contiguous():
    {t} = torch.cos({t}))",
    R"(
  {t} = torch.empty_like({a})
  {t}.copy_({b})
  {t}[:, 0:1].mul_(2.0))",
    R"(
  {l} = torch.transpose({a}, 0, 1).contiguous()
  {l}[0].add_(1.0)
  {t} = torch.transpose({l}, 0, 1))",
    R"(
  {l} = {a}.contiguous()
  {n} = torch.as_strided({l}, [{a}.size(0), {size}], [{size}, 1])
  {n}[:, 0:2].mul_(0.5)
  {t} = torch.sigmoid({l}) + {a})",
    R"(
  {l} = torch.cat([{a}, {b}], 1)
  {t} = torch.as_strided({l}, {a}.size(), {a}.contiguous().stride(), 1).cos())",
    R"(
  {l} = torch.unsqueeze({a}, 1).expand(-1, 2, {dims})
  {t} = torch.cumsum({l}, 1)[:, 1] - {l}[:, 0])",
    R"(
  {l} = torch.flip({a}, [1]).reshape(-1)
  {l}[0:1].zero_()
  {t} = {l}.view({a}.size()))",
    R"(
  {l} = torch.stack([{a}, {b}], -1)
  {t} = torch.softmax({l}, 1)[..., 0] + torch.select({l}, -1, 1))",
    R"(
  {l} = torch.view_as_complex(torch.stack([{a}, {b}], -1))
  {t} = torch.view_as_real({l} * {l}.conj())[..., 0])",
    R"(
  {l} = torch.empty({a}.size(0), {size} + 3)
  {t} = {l}[:, 1:{size} + 1].reshape({a}.size())
  {t}.copy_({a})
  {t} = {t} + {b})",
    R"(
  {l} = torch.gather({a}, 1, torch.argsort({b}, 1))
  {t} = torch.where({l} > 0, {l}, {b}))"};

// Tensors are changed in place as elements of a list, and read through it, by themselves, or both.
const Templates list_writes = {
    R"(
  {l} = [{a} * 2, {b} + 1]
  {l}[0].add_(1.0)
  {t} = torch.sum(torch.stack({l}), 0))",
    R"(
  {n} = torch.cos({a})
  {l} = [{n}, {b} * 2]
  {l}[0][:, 0:1] = 1.0
  {l}[1].mul_({n})
  {t} = torch.mean(torch.stack({l}), 0) + {n})",
    R"(
  {n} = [torch.cos({a}), torch.sin({b})]
  {l} = list({n})
  {l}.reverse()
  {l}[0].mul_(0.5)
  {t} = {n}[1] - torch.stack({l})[1])",
    R"(
  {l} = [torch.cos({a}), {b} * 0.5]
  if bool(torch.sum({a}) > 0):
    {l}[0].mul_(2.0)
    {l}[1][:, 0:1].add_(1.0)
  {t} = torch.sum(torch.stack({l}), 0))",
    R"(
  {l} = [torch.cos({a}), {b} * 0.5]
  for {n} in {l}:
    {n}.add_(1.0)
  while bool(torch.norm({l}[0]) > 1.0):
    {l}[0].mul_(0.5)
    {l}[1].sub_({l}[0])
  {t} = torch.sum(torch.stack({l}), 0))",
    R"(
  {l} = list(torch.broadcast_tensors({a} * 1, {b} + 0))
  {l}[0].add_(1.0)
  {t} = {l}[1] + torch.sum(torch.stack({l}), 0))",
    R"(
  {n} = {a} * 1
  {l} = list(torch.split({n}, [1, {n}.size(1) - 1], 1))
  {l}[0].mul_(3.0)
  {t} = torch.cat({l}, 1) - {n})",
    R"(
  {l} = [{a} * 2]
  if bool(torch.sum({b}) > 0):
    {l}.append({b} - 1)
  {l}[0].add_(1.0)
  {l}[-1].mul_(0.5)
  {t} = torch.sum(torch.stack({l}), 0))",
    R"(
  {n}, {l} = ({a} + 1), {{"x": {b} + 1}}
  if bool(torch.sum({a}) > 0):
    {l}["x"].mul_({n})
  {l}["x"][:, 0:1].zero_()
  {t} = {l}["x"] + {n})"};

const Templates batch_numbers = {
    R"(
  {t} = {a} * ({a}.size(0) * {b}.size(0)))",
    R"(
  {t} = {a} / {a}.numel() + {b}.size(0) % 3)",
    R"(
  {n} = torch.arange({a}.size(0)).to(6)
  {t} = {a} + torch.mean({n}) + {n}.size(0))",
    R"(
  {t} = {a}
  for {n} in range({a}.size(0)):
    {t} = torch.tanh({t} + {n}))",
    R"(
  {l} = torch.split({a}, 1)
  {t} = torch.cat([{l}[-1], torch.cat({l}, 0)], 0)[1:])",
    R"(
  {t} = torch.cat([torch.cos({n}).unsqueeze(0) for {n} in torch.unbind({a}, 0)], 0))",
    R"(
  {t} = {a} + torch.mean({b}, 0, True).expand({a}.size(0), {dims}))",
    R"(
  {t} = torch.flip({a}, [0]) * float({a}.size(0)))",
    R"(
  {t} = {a}.reshape(-1, {size}).repeat(2, 1)[0:{a}.size(0)].reshape({a}.size()))",
    R"(
  {n} = [{a}.size(0) - 1, 1, {b}.size(0)]
  {n}.sort()
  {t} = {a} * {n}[0] + {n}[-1] + max({n}))",
    R"(
  {n} = {a}.size(0) * {a}.size(1) // {a}.size(1)
  {t} = {a}.reshape([{n}, -1]).reshape({b}.size()))",
    R"(
  {t} = {a} - {b}[0:1] * (1.0 / {a}.size(0)))",
    R"(
  {t} = torch.cos({a})
  if {a}.size(0) == 1 or {a}.size(0) > 4:
    {t} = {t} + {b})",
    R"(
  {n} = ({a}.size(0) + 3) // 4 * 4
  {t} = torch.cat([{a}, torch.zeros([{n} - {a}.size(0), {dims}])], 0)
  {t} = torch.cos({t})[:{a}.size(0)])",
    R"(
  {t} = {a} * round({a}.size(0) ** 0.5) + int({a}.size(0) / 2))"};

const Templates changed_weights = {
    R"(
  {n} = self.weight.clone()
  {n}[0].mul_(0.5)
  {t} = {a} + torch.sum({n}))",
    R"(
  {n} = torch.zeros([6])
  {n}.copy_(self.weight[0]).add_(1.0)
  {t} = {a} * torch.mean({n}))",
    R"(
  {n} = self.weight.t().clone()
  {n}.add_(torch.mean({b}))
  {l} = {n}[1:]
  {l}.mul_(0.5)
  {t} = {a} + torch.mean({n}))",
    R"(
  {l} = self.weight[0] + 0
  {l}.sub_(self.weight[1])
  {t} = {a} - torch.sum(torch.cat([{l}, self.weight[1]])))",
    R"(
  {n} = self.weight.view(-1)[0:2].repeat(2)
  if bool(torch.sum({a}) > 0):
    {n}.mul_(2.0)
  {t} = {a} * torch.sum({n}))",
    R"(
  {n} = torch.cat([self.weight, self.weight])
  {l} = {n}[0:6]
  {n}.relu_()
  {t} = torch.tanh({a} + torch.sum({l})))"};

// Attributes that the model changes; what the next run reads is left out.
const Templates harmless_state = {
    R"(
  self.runs = self.runs + 1
  {t} = torch.cos({a}))",
    R"(
  self.count.add_(1)
  {t} = {a} + {b})",
    R"(
  self.count += 1
  {t} = {a} - {b})",
    R"(
  self.scratch.zero_()
  self.scratch.add_(torch.mean({a}))
  {t} = {a} + self.scratch)",
    R"(
  self.scratch.copy_(torch.max({a}))
  {t} = {a} + self.scratch)",
    R"(
  self.scratch.fill_(1.0)
  if bool(torch.sum({a}) > 0):
    self.scratch.mul_(2.0)
  {t} = {a} * self.scratch)",
    R"(
  self.last = torch.cos({a})
  {t} = self.last + {b})",
    R"(
  self.past.append(torch.mean({a}))
  {t} = torch.sin({a}))",
    R"(
  self.fresh.clear()
  self.fresh.append({a})
  self.fresh.append(torch.cos({b}))
  {t} = self.fresh[0] + self.fresh[1])",
    // assigned in a branch or loop, and read behind it
    R"(
  self.runs = 1
  if bool(torch.sum({b}) > 0):
    self.runs = 3
  {t} = {a} * self.runs)",
    R"(
  self.last = torch.mean({a})
  while bool(self.last > 0.1):
    self.last = self.last * 0.5
  {t} = {a} + self.last)",
    R"(
  self.last = torch.mean({a})
  {t} = {a}
  if bool(torch.sum({b}) > 0):
    if bool(torch.sum({a}) > 0):
      self.last = self.last + 1
    {t} = {t} * self.last
  {t} = {t} - self.last)",
    R"(
  {n} = self.scratch
  self.scratch.fill_(0.5)
  {n}.add_(torch.mean({b}))
  {t} = {a} + self.scratch)",
    R"(
  if bool(torch.sum({a}) > 0):
    self.past.append(torch.mean({a}))
    self.count += 1
  {t} = torch.cos({b}))",
    R"(
  if self.table is None:
    self.table = torch.ones([6])
  {n} = self.table
  {t} = {a} if {n} is None else {a} * torch.sum({n}))",
    R"(
  if bool(torch.sum({a}) > 0):
    self.last = torch.cos({a})
  {t} = {a} * 2)"};

// What one run leaves for the next one.
const Templates real_state = {
    R"(
  {t} = {a} + torch.sum(self.last)
  self.last = torch.tanh({b}))",
    R"(
  self.scratch.add_(torch.mean({a}))
  {t} = {a} + self.scratch)",
    R"(
  self.count.add_(1)
  {t} = {a} * self.count)",
    R"(
  self.past.append(torch.mean({a}))
  {t} = {a} * torch.sum(torch.stack(self.past)))",
    R"(
  {t} = {a} * len(self.past)
  self.past.append(torch.mean({a})))",
    R"(
  {n} = self.weight.contiguous()
  {n}.mul_(0.999)
  {t} = {a} + torch.mean(self.weight))",
    R"(
  {n} = self.scratch.to(6)
  {n}.add_(1.0)
  {t} = {a} + self.scratch)",
    R"(
  if bool(torch.sum({a}) > 0):
    self.scratch.fill_(2.0)
  {t} = {a} * self.scratch)",
    R"(
  self.scratch[0:1].zero_()
  self.scratch.add_(torch.mean({a}))
  {t} = {a} * torch.sum(self.scratch))",
    R"(
  if bool(torch.sum({a}) > 0):
    self.runs = self.runs + 1
  {t} = {a} * self.runs)"};

/// A tensor of the code: its name, and its shape without the batch.
struct Named {
  std::string name;
  std::vector<int> shape;
};

class Writer {
 public:
  Writer(std::mt19937& random, int inputs) : random_(random), state_(number(8)) {
    std::vector<std::string> names;
    for (int i = 0; i < inputs; ++i) {
      tensors_.push_back({fmt::format("x{}", i), {4, 6}});
      names.push_back(tensors_.back().name);
    }
    const std::string list = fmt::format("{}", fmt::join(names, ", "));
    if (inputs < 3) {
      text_ = fmt::format("def forward(self, {}):\n", list);
    } else if (inputs == 3) {
      text_ = fmt::format("def forward(self, x: Tuple[Tensor, Tensor, Tensor]):\n  {} = x\n", list);
    } else {
      text_ = fmt::format("def forward(self, x: List[Tensor]):\n  {} = x\n", list);
    }
  }

  void statement() {
    using Rule = void (Writer::*)();
    static const std::vector<Rule> rules = {
        &Writer::unary,          &Writer::unary,         &Writer::unary,     &Writer::binary,
        &Writer::binary,         &Writer::broadcast,     &Writer::flatten,   &Writer::reshape,
        &Writer::transpose,      &Writer::slice,         &Writer::chunk,     &Writer::split,
        &Writer::concat,         &Writer::concat,        &Writer::in_place,  &Writer::in_place_view,
        &Writer::size,           &Writer::fixed,         &Writer::multiply,  &Writer::append,
        &Writer::loop,           &Writer::submodule,     &Writer::submodule, &Writer::by_shape,
        &Writer::by_data,        &Writer::data_number,   &Writer::unbind,    &Writer::list_by_data,
        &Writer::dict_by_data,   &Writer::list_in_while, &Writer::strides,   &Writer::halves,
        &Writer::changed_fixed,  &Writer::list_methods,  &Writer::threshold, &Writer::decided_list,
        &Writer::sorted_numbers, &Writer::out,           &Writer::branches,  &Writer::branches,
        &Writer::layout,         &Writer::layout,        &Writer::batch,     &Writer::batch,
        &Writer::weights,        &Writer::state,         &Writer::writes,    &Writer::writes};
    (this->*rules[number(static_cast<int>(rules.size()))])();
  }

  bool changes_attributes() const { return state_ < 4; }

  std::string finish() {
    std::vector<std::string> names;
    for (int i = 0; i <= number(3); ++i) names.push_back(recent().name);
    if (names.size() == 1) {
      text_ += fmt::format("  return {}\n", names[0]);
    } else if (number(2) == 0) {
      text_ += fmt::format("  return {}\n", fmt::join(names, ", "));
    } else {
      text_ += fmt::format("  return {{\"out\": {}, \"aux\": {}}}\n", names[0], names[1]);
    }
    return text_;
  }

 private:
  int number(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

  const Named& any() { return tensors_[number(static_cast<int>(tensors_.size()))]; }

  // Of the last few, so that the models have some depth.
  const Named& recent() {
    const int count = static_cast<int>(tensors_.size());
    return tensors_[count - 1 - number(std::min(count, 3))];
  }

  Named like(const std::vector<int>& shape) {
    std::vector<Named> same;
    for (const Named& tensor : tensors_) {
      if (tensor.shape == shape) same.push_back(tensor);
    }
    return same[number(static_cast<int>(same.size()))];
  }

  // One of two dimensions; the input where the recent ones have one.
  Named flat_or_not() {
    for (int i = 0; i < 4; ++i) {
      if (const Named& tensor = recent(); tensor.shape.size() == 2) return tensor;
    }
    return tensors_.front();
  }

  void line(const std::string& text) { text_ += "  " + text + "\n"; }

  std::string fresh(const std::string& prefix = "t") {
    return fmt::format("{}{}", prefix, ++count_);
  }

  void make(const std::string& expression, const std::vector<int>& shape) {
    const std::string name = fresh();
    line(fmt::format("{} = {}", name, expression));
    tensors_.push_back({name, shape});
  }

  void unary() {
    static const char* const functions[] = {"torch.relu", "torch.tanh", "torch.sigmoid",
                                            "torch.abs", "torch.cos"};
    const Named a = recent();
    make(fmt::format("{}({})", functions[number(5)], a.name), a.shape);
  }

  void binary() {
    const Named a = recent();
    const Named b = like(a.shape);
    make(fmt::format("{} {} {}", a.name, number(2) == 0 ? "+" : "-", b.name), a.shape);
  }

  void broadcast() {
    const Named a = recent();
    make(fmt::format("{} * torch.mean({}, [1], True)", a.name, like(a.shape).name), a.shape);
  }

  void flatten() {
    const Named a = flat_or_not();
    make(fmt::format("torch.flatten({}, 1)", a.name), {a.shape[0] * a.shape[1]});
  }

  void reshape() {
    const Named a = flat_or_not();
    const std::string shape = number(2) == 0
                                  ? fmt::format("{0}.size(0), {0}.size(2), {0}.size(1)", a.name)
                                  : fmt::format("-1, {}, {}", a.shape[1], a.shape[0]);
    make(fmt::format("{}.reshape({})", a.name, shape), {a.shape[1], a.shape[0]});
  }

  void transpose() {
    const Named a = flat_or_not();
    const char* copied = number(3) == 0 ? ".contiguous()" : "";
    make(fmt::format("{}.transpose(1, 2){}", a.name, copied), {a.shape[1], a.shape[0]});
  }

  void slice() {
    const Named a = recent();
    if (a.shape[0] < 2) return unary();
    std::vector<int> shape = a.shape;
    --shape[0];
    make(fmt::format("{}[:, {}]", a.name, number(2) == 0 ? "1:" : ":-1"), shape);
  }

  void chunk() {
    const Named a = recent();
    if (a.shape[0] % 2 != 0) return unary();
    std::vector<int> half = a.shape;
    half[0] /= 2;
    pieces(fmt::format("torch.chunk({}, 2, 1)", a.name), half, half);
  }

  void split() {
    const Named a = recent();
    if (a.shape[0] < 2) return unary();
    std::vector<int> first = a.shape;
    std::vector<int> rest = a.shape;
    first[0] = 1;
    --rest[0];
    const std::string name = fresh("pieces");
    line(fmt::format("{} = torch.split({}, [1, {}], 1)", name, a.name, rest[0]));
    make(name + "[0]", first);
    make(name + "[1]", rest);
  }

  void unbind() {
    const Named a = flat_or_not();
    if (a.shape[0] != 2) return chunk();
    pieces(fmt::format("torch.unbind({}, 1)", a.name), {a.shape[1]}, {a.shape[1]});
  }

  void pieces(const std::string& expression, const std::vector<int>& first,
              const std::vector<int>& second) {
    const std::string left = fresh();
    const std::string right = fresh();
    line(fmt::format("{}, {} = {}", left, right, expression));
    tensors_.push_back({left, first});
    tensors_.push_back({right, second});
  }

  void concat() {
    const Named a = recent();
    const Named b = like(a.shape);
    if (a.shape[0] > 12) return slice();
    std::vector<int> shape = a.shape;
    shape[0] *= 2;
    make(fmt::format("torch.cat([{}, {}], 1)", a.name, b.name), shape);
  }

  void in_place() {
    const Named a = any();
    switch (number(4)) {
      case 0:
        return line(fmt::format("{}.mul_(0.5)", a.name));
      case 1:
        return make(fmt::format("{}.relu_()", a.name), a.shape);
      case 2:
        return line(fmt::format("{}.add_(torch.tanh({}))", a.name, like(a.shape).name));
      default:
        return make(fmt::format("{}.clamp_(-1.0, 1.0)", a.name), a.shape);
    }
  }

  void in_place_view() {
    const Named a = any();
    const char* const changes[] = {".mul_(2.0)", ".add_(1.0)", ".fill_(0.5)"};
    line(fmt::format("{}[:, 0:1]{}", a.name, changes[number(3)]));
  }

  void size() {
    const Named a = recent();
    const std::string n = fresh("n");
    line(fmt::format("{} = {}.size({}) * 2 - 1", n, any().name, number(2)));
    make(fmt::format("torch.tanh({} * {})", a.name, n), a.shape);
  }

  void fixed() {
    const Named a = recent();
    if (number(2) == 0) {
      return make(fmt::format("{} + torch.arange({}.size(1)).reshape({})", a.name, a.name,
                              a.shape.size() == 2 ? "-1, 1" : "-1"),
                  a.shape);
    }
    make(fmt::format("torch.zeros([{}.size(0), {}])", a.name, fmt::join(a.shape, ", ")), a.shape);
  }

  void multiply() {
    const Named a = like({4, 6});
    make(fmt::format("torch.matmul({}, self.weight)", a.name), {4, 6});
  }

  void append() {
    const Named a = recent();
    if (a.shape[0] > 8) return slice();
    const std::string list = fresh("list");
    line(fmt::format("{} = [{}]", list, a.name));
    line(fmt::format("for i in range(2):"));
    line(fmt::format("  {0}.append(torch.sin({0}[-1]))", list));
    std::vector<int> shape = a.shape;
    shape[0] *= 3;
    make(fmt::format("torch.cat({}, 1)", list), shape);
  }

  void loop() {
    const Named a = recent();
    const std::string t = fresh();
    line(fmt::format("{} = {}", t, a.name));
    line(fmt::format("for i in range({}.size(1) // 2):", a.name));
    line(fmt::format("  {0} = torch.tanh({0} + i) + {1}", t, a.name));
    tensors_.push_back({t, a.shape});
  }

  void submodule() {
    make(fmt::format("self.{}.forward({})", number(2) == 0 ? "block" : "act", like({4, 6}).name),
         {4, 6});
  }

  void by_shape() {
    const Named a = recent();
    const std::string t = fresh();
    line(fmt::format("if {}.size(1) > 3:", a.name));
    line(fmt::format("  {} = torch.relu({})", t, a.name));
    line("else:");
    line(fmt::format("  {} = torch.cos({})", t, a.name));
    tensors_.push_back({t, a.shape});
  }

  void by_data() {
    if (number(3) != 0) return unary();
    const Named a = recent();
    const std::string t = fresh();
    line(fmt::format("if bool(torch.sum({}) > 0):", like(a.shape).name));
    line(fmt::format("  {} = torch.tanh({})", t, a.name));
    line("else:");
    static const char* const others[] = {"{} - 1", "torch.cos({})", "{}", "{}[:]"};
    line(fmt::format("  {} = {}", t, fmt::format(fmt::runtime(others[number(4)]), a.name)));
    tensors_.push_back({t, a.shape});
  }

  // A data-dependent branch changes a list, which may start empty.
  void list_by_data() {
    if (number(3) != 0) return unary();
    const Named a = recent();
    const std::string list = fresh("list");
    line(fmt::format("{} = [{}]", list, a.name));
    if (number(2) == 0) {
      line(fmt::format("{}: List[Tensor] = []", list));
      line(fmt::format("{}.append({})", list, a.name));
    }
    line(fmt::format("if bool(torch.sum({}) > 0):", like(a.shape).name));
    line(fmt::format("  {}.append(torch.cos({}))", list, a.name));
    if (number(2) == 0) line(fmt::format("{0}.append({0}[0])", list));
    make(fmt::format("torch.sum(torch.stack({}), 0)", list), a.shape);
  }

  void dict_by_data() {
    if (number(3) != 0) return unary();
    const Named a = recent();
    const std::string dict = fresh("dict");
    line(fmt::format("{} = {{\"x\": {}}}", dict, a.name));
    line(fmt::format("if bool(torch.sum({}) > 0):", like(a.shape).name));
    line(fmt::format("  {}[\"x\"] = torch.relu({})", dict, a.name));
    make(fmt::format("torch.cos({}[\"x\"])", dict), a.shape);
  }

  void list_in_while() {
    if (number(3) != 0) return unary();
    const Named a = recent();
    const std::string list = fresh("list");
    const std::string t = fresh();
    line(fmt::format("{} = [{}]", list, a.name));
    line(fmt::format("{} = {}", t, a.name));
    line(fmt::format("while bool(torch.norm({}) > 0.1) and len({}) < 4:", t, list));
    line(fmt::format("  {0} = torch.tanh({0}) * 0.7", t));
    line(fmt::format("  {}.append({})", list, t));
    make(fmt::format("torch.sum(torch.stack({}), 0)", list), a.shape);
  }

  void strides() {
    const Named a = flat_or_not();
    make(fmt::format("torch.as_strided({0}, [{0}.size(0), {2}, {1}], [{3}, {1}, 1])", a.name,
                     a.shape[0], a.shape[1], a.shape[0] * a.shape[1]),
         {a.shape[1], a.shape[0]});
  }

  // A number that is not proportional to the batch.
  void halves() {
    const Named a = recent();
    const std::string n = fresh("n");
    line(fmt::format("{} = ({}.size(0) + 1) // 2", n, a.name));
    make(fmt::format("torch.cat([{0}[{1}:], {0}[:{1}]])", a.name, n), a.shape);
  }

  // A value that depends on no input is changed, and used afterwards.
  void changed_fixed() {
    const Named a = recent();
    const std::string table = fresh("table");
    const std::string other = fresh("table");
    line(fmt::format("{} = torch.cos(self.weight[0, 0:1])", table));
    line(fmt::format("{}.mul_(2.0)", table));
    line(fmt::format("{} = torch.sin({})", other, table));
    line(fmt::format("{}.add_({})", other, table));
    make(fmt::format("{} + {}", a.name, other), a.shape);
  }

  void list_methods() {
    const Named a = recent();
    const std::string list = fresh("list");
    line(fmt::format("{} = [{}]", list, a.name));
    line(fmt::format("{}.insert(0, torch.tanh({}))", list, a.name));
    line(fmt::format("{}.append({})", list, like(a.shape).name));
    line(fmt::format("{}.reverse()", list));
    make(fmt::format("{}.pop()", list), a.shape);
    make(fmt::format("{0}[0] - {0}[1]", list), a.shape);
  }

  // A number from the batch that is another function of it from some batch on.
  void threshold() {
    if (number(4) != 0) return size();
    const Named a = recent();
    const std::string n = fresh("n");
    static const char* const numbers[] = {"min({0}.size(0), {1})", "{0}.size(0) // {1}",
                                          "int({0}.size(0) > {1})", "{0}[:{1}].size(0)"};
    line(fmt::format("{} = {}", n,
                     fmt::format(fmt::runtime(numbers[number(4)]), a.name, 4 + number(12))));
    make(fmt::format("torch.tanh({} * {})", a.name, n), a.shape);
  }

  // A list whose contents data decides is changed.
  void decided_list() {
    if (number(3) != 0) return unary();
    const Named a = recent();
    const Named b = like(a.shape);
    const std::string list = fresh("list");
    line(fmt::format("{} = [{}, {}]", list, a.name, b.name));
    line(fmt::format("if bool(torch.sum({}) > 0):", b.name));
    line(fmt::format("  {}.append(torch.cos({}))", list, a.name));
    static const char* const changes[] = {"{0}[0] = {1}", "{0} += [{1}]", "{0}.pop()",
                                          "{0}.insert(1, {1})", "{0}.reverse()"};
    line(fmt::format(fmt::runtime(changes[number(5)]), list, b.name));
    make(fmt::format("torch.sum(torch.stack({}), 0)", list), a.shape);
  }

  void sorted_numbers() {
    if (number(3) != 0) return unary();
    const Named a = recent();
    const std::string list = fresh("list");
    line(
        fmt::format("{0} = [float(torch.tanh(torch.sum({1}))), float(torch.tanh(torch.mean({1})))]",
                    list, any().name));
    line(fmt::format("{}.sort()", list));
    make(fmt::format("{0} * {1}[0] + max({1})", a.name, list), a.shape);
  }

  void out() {
    const Named a = recent();
    const std::string name = fresh();
    line(fmt::format("{} = torch.empty([0])", name));
    line(fmt::format("torch.add({}, {}, out={})", a.name, like(a.shape).name, name));
    tensors_.push_back({name, a.shape});
  }

  void data_number() {
    if (number(3) != 0) return binary();
    const Named a = recent();
    const std::string s = fresh("s");
    line(fmt::format("{} = float(torch.mean(torch.tanh({})))", s, any().name));
    make(fmt::format("{} * {}", a.name, s), a.shape);
  }

  void from(const Templates& templates) {
    const Named a = recent();
    const Named b = like(a.shape);
    const std::string t = fresh();
    int size = 1;
    for (const int dimension : a.shape) size *= dimension;
    const char* const text = templates[number(static_cast<int>(templates.size()))];
    text_ += fmt::format(fmt::runtime(text + 1), fmt::arg("a", a.name), fmt::arg("b", b.name),
                         fmt::arg("t", t), fmt::arg("l", fresh("l")), fmt::arg("n", fresh("n")),
                         fmt::arg("size", size),
                         fmt::arg("dims", fmt::format("{}", fmt::join(a.shape, ", "))));
    text_ += "\n";
    tensors_.push_back({t, a.shape});
  }

  void branches() { from(containers_in_branches); }
  void layout() { from(layouts); }
  void batch() { from(batch_numbers); }
  void weights() { from(changed_weights); }
  void writes() { from(list_writes); }

  // Most models keep none.
  void state() {
    if (state_ == 0) return from(real_state);
    if (changes_attributes()) return from(harmless_state);
    unary();
  }

  std::mt19937& random_;
  int state_ = 0;
  std::vector<Named> tensors_;
  std::string text_;
  int count_ = 0;
};

torch::jit::Module leaf(const std::shared_ptr<torch::jit::CompilationUnit>& unit, const char* type,
                        const char* source) {
  torch::jit::Module module(c10::QualifiedName(std::string("__torch__.") + type), unit, true);
  module.define(std::string("def forward(self, x):\n") + source);
  return module;
}

// What stateful statements read and change.
void add_attributes(torch::jit::Module& module) {
  const auto list = [](std::vector<at::Tensor> tensors) { return c10::List<at::Tensor>(tensors); };
  module.register_attribute("runs", c10::IntType::get(), 0);
  module.register_buffer("count", at::zeros({}, at::kLong));
  module.register_buffer("scratch", noise({1}));
  module.register_attribute("last", c10::TensorType::get(), noise({1}));
  module.register_attribute("past", c10::ListType::ofTensors(), list({noise({})}));
  module.register_attribute("fresh", c10::ListType::ofTensors(), list({}));
  module.register_attribute("table", c10::OptionalType::create(c10::TensorType::get()),
                            c10::IValue());
}

}  // namespace

RandomModule random_module(std::mt19937& random, int statements) {
  RandomModule made{torch::jit::Module(c10::QualifiedName("__torch__.Random"),
                                       std::make_shared<torch::jit::CompilationUnit>()),
                    "", 1 + static_cast<int>(random() % 4)};
  const auto unit = made.module._ivalue()->compilation_unit();
  torch::jit::Module block(c10::QualifiedName("__torch__.Block"), unit, true);
  block.register_module("act", leaf(unit, "Act", "  return torch.relu(x)\n"));
  block.register_module("mix", leaf(unit, "Mix",
                                    "  y = torch.flip(x, [1])\n"
                                    "  return y.add_(x[:, 0:1])\n"));
  block.define("def forward(self, x):\n  return self.mix.forward(self.act.forward(x)) + x\n");
  made.module.register_module("block", block);
  made.module.register_module("act", leaf(unit, "Act", "  return torch.sigmoid(x)\n"));
  made.module.register_parameter("weight", noise({6, 6}), false);
  add_attributes(made.module);
  Writer writer(random, made.inputs);
  for (int i = 0; i < statements; ++i) writer.statement();
  made.source = writer.finish();
  made.changes_attributes = writer.changes_attributes();
  made.module.define(made.source);
  return made;
}

std::vector<at::Tensor> inputs_for(const RandomModule& model, std::int64_t batch) {
  at::manual_seed(static_cast<std::uint64_t>(batch));
  std::vector<at::Tensor> inputs;
  for (int i = 0; i < model.inputs; ++i) inputs.push_back(torch::randn({batch, 4, 6}));
  return inputs;
}

}  // namespace scission::testing
