#!/usr/bin/env python3
"""Does routing overcome the interference of many experts? Merges and mixtures of k experts of the quickstart, by perplexity on held-out texts.

  routing.py MERGEHOST FOLDER      MERGEHOST: the program; FOLDER: where recipes, models and results go. Prints what docs/studies/routing.txt holds.

The experts are quickstart/finance (F), math (M), japanese (J) and the base itself (B, for general texts). Routers and regmean see questions and right
answers of suites/family/*.jsonl, 60 of a task; perplexities are of suites/family/*.txt, which share no line with them. An oracle is, text by text, the expert
of its subject. Retention is perplexity of the oracle / perplexity of the model, the geometric mean over the texts of the experts in the set; its interval of
95 % is a bootstrap over windows of 256 tokens (2,000 draws, the same windows for model and oracle). Standard library only.
"""
import json, math, pathlib, random, subprocess, sys

program, folder = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
recipes = pathlib.Path(__file__).resolve().parent.parent
suite = recipes / "suites" / "family.yaml"
folder.mkdir(parents=True, exist_ok=True)
BASE = recipes / "quickstart" / "base"
EXPERTS = {"F": recipes / "quickstart" / "finance", "M": recipes / "quickstart" / "math", "J": recipes / "quickstart" / "japanese", "B": BASE}
PROMPTS = {"F": ["finance_words", "finance_facts"], "M": ["math_order", "math_words"], "J": ["japanese"], "B": ["general_order", "general_cloze"]}
TEXTS = {"F": "finance", "M": "mathematics", "J": "japanese", "B": "general"}
SHARED = "japanese_finance"  # finance knows one half, japanese the other
SETS = ["FM", "FJ", "MJ", "FMJ", "FMJB"]


def prompts(expert):
    lines = []
    for task in PROMPTS[expert]:
        items = [json.loads(line) for line in (suite.parent / "family" / f"{task}.jsonl").read_text(encoding="utf-8").splitlines()]
        lines += [item["prompt"] + item["choices"][item["answer"]] for item in items[:120 // len(PROMPTS[expert])]]
    return lines


def run(*arguments):
    subprocess.run([program, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def make(name, recipe):
    """Merges a recipe (JSON is YAML) unless it has been."""
    path, out = folder / f"{name}.yaml", folder / name
    path.write_text(json.dumps(recipe, ensure_ascii=False, indent=1), encoding="utf-8")
    if not (out / "mergehost.json").exists():
        run("merge", path, out, "--no-card", "-q")
    return out


def merge(name, method, experts, **parameters):
    return make(name, {"merge_method": method, "base_model": str(BASE), "models": [{"model": str(EXPERTS[e])} for e in experts if e != "B"],
                       "parameters": parameters, "dtype": "float32"})


def mixture(name, experts, base, gate, count):
    return make(name, {"base_model": str(base), "gate_mode": gate, "dtype": "float32", "experts_per_token": count, "experts": [
        {"source_model": str(EXPERTS[e]), "positive_prompts": prompts(e)} for e in experts]})


def hybrid(name, expert, experts, share):
    """The network of one expert under attention and norms of the base (share 0) or of the average: what a router that is always right would run."""
    weight = [{"model": str(EXPERTS[e]), "parameters": {"weight": [{"filter": "mlp", "value": 1.0 if e == expert else 0.0}, {"value": share}]}} for e in experts if e != "B"]
    return make(name, {"merge_method": "task_arithmetic", "base_model": str(BASE), "models": weight, "dtype": "float32"})


def regmean(name, experts):
    models = []
    for e in experts.replace("B", ""):
        text, statistics = folder / f"{e}.txt", folder / f"{e}.statistics.safetensors"
        text.write_text("\n".join(prompts(e)), encoding="utf-8")
        if not statistics.exists():
            run("statistics", EXPERTS[e], "--text", text, statistics, "-q")
        models.append({"model": str(EXPERTS[e]), "parameters": {"statistics": str(statistics)}})
    return make(name, {"merge_method": "regmean", "base_model": str(BASE), "models": models, "dtype": "float32"})


def losses(model):
    """For each text, loss and tokens of each window."""
    out = folder / "results" / pathlib.Path(model).name
    if not out.exists():
        run("evaluate", model, "--suite", suite, "--tasks", ",".join([*TEXTS.values(), SHARED]), "--results", out, "-q")
    found = {}
    for text in [*TEXTS.values(), SHARED]:
        file = next(out.rglob(f"samples_{text}_*.jsonl"))
        found[text] = [json.loads(line)["perplexity"] for line in file.read_text(encoding="utf-8").splitlines()]
    return found


def loss(windows, drawn):
    return -sum(windows[i][0] for i in drawn) / sum(windows[i][1] for i in drawn)


def retention(model, oracle, texts):
    """Retention in percent over texts, with its interval; model and oracle map a text to its windows."""
    def ratio(draw):
        return 100 * math.exp(sum(loss(oracle[t], d) - loss(model[t], d) for t, d in zip(texts, draw)) / len(texts))
    rng = random.Random(0)
    sizes = [len(model[t]) for t in texts]
    drawn = sorted(ratio([[rng.randrange(n) for _ in range(n)] for n in sizes]) for _ in range(2000))
    return ratio([range(n) for n in sizes]), drawn[49], drawn[1949]


single = {e: losses(path) for e, path in EXPERTS.items()}
print("retention in percent of the oracle, [interval of 95 %]; perplexity on each text of the set; japanese_finance is not part of the mean\n")
for experts in SETS:
    texts = [TEXTS[e] for e in experts]
    oracle = {TEXTS[e]: single[e][TEXTS[e]] for e in experts}
    average = merge(f"average-{experts}", "task_arithmetic", experts, weight=1.0 / len(experts))
    arms = {f"expert {e}": single[e] for e in experts}
    arms["average of task vectors"] = losses(average)
    arms["task arithmetic, 0.4"] = losses(merge(f"arithmetic-{experts}", "task_arithmetic", experts, weight=0.4))
    arms["wudi"] = losses(merge(f"wudi-{experts}", "wudi", experts))
    arms["regmean"] = losses(regmean(f"regmean-{experts}", experts))
    for under, base in [("base's", BASE), ("average's", average)]:
        for gate, count in [("true_input", 1), ("true_input", 2), ("hidden", 2), ("random", 1)]:
            short = under.split("'")[0]
            arms[f"mixture, {under} attention, {gate}, {count} a token"] = losses(mixture(f"moe-{short}-{gate}-{count}-{experts}", experts, base, gate, count))
        share = 0.0 if base == BASE else 1.0 / len(experts)
        perfect = {e: losses(hybrid(f"hybrid-{short}-{e}-{experts}", e, experts, share)) for e in experts}
        arms[f"right expert's network, {under} attention"] = {TEXTS[e]: perfect[e][TEXTS[e]] for e in experts}
    print(f"k = {len(experts)}: {experts}")
    both = "F" in experts and "J" in experts
    for name, model in arms.items():
        value, low, high = retention(model, oracle, texts)
        shown = texts + ([SHARED] if both and SHARED in model else [])
        print(f"  {name:48} {value:6.1f} [{low:5.1f}, {high:5.1f}]   " + "  ".join(f"{t} {math.exp(loss(model[t], range(len(model[t])))):.2f}" for t in shown))
    print()
