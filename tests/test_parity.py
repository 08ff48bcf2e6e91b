"""Our pretraining against PyTorch's own layers and optimizer.

Run with `pip install -e ".[parity]"`, or torch on the path; without torch these tests are skipped.
"""

import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from inside import inside
from w2s_jax.representations import MLP, Recipe, pretrain, training_batches, training_tasks

descend_heads = inside("experiments.synthetic._descended").descend_heads
mesh_of = inside("experiments.synthetic._panels").mesh_of

torch = pytest.importorskip(
    "torch", reason='PyTorch is missing: pip install -e ".[parity]" to compare with it'
)

# 10 tasks · 3 batches (32, 32 and 16 inputs) · 10 epochs = 300 steps.
RECIPE = Recipe(tasks=10, inputs=80, epochs=10)


def torch_network(h):
    """A PyTorch network with the same initial weights."""
    layers = []
    for layer in h.layers:
        linear = torch.nn.Linear(*layer.weight.shape[::-1], dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(np.asarray(layer.weight)))
            linear.bias.copy_(torch.tensor(np.asarray(layer.bias)))
        layers += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers)


def torch_losses(start, truth, recipe, key, *, rate=1e-3, decay=0.01):
    """The experiment as a PyTorch user would write it: modules, autograd and torch.optim.AdamW."""
    torch.set_num_threads(1)
    tasks = training_tasks(truth, recipe, key=key)
    order = training_batches(recipe, 0, recipe.epochs, key=key)
    model, target = torch_network(start), torch_network(truth)
    heads, data = [], []
    for t in range(recipe.tasks):
        head = torch.nn.Linear(16, 1, dtype=torch.float64)
        with torch.no_grad():
            head.weight.copy_(torch.tensor(np.asarray(tasks.weights[t : t + 1])))
            head.bias.copy_(torch.tensor(np.asarray(tasks.biases[t : t + 1])))
            head.requires_grad_(False)
            x = torch.tensor(np.asarray(tasks.inputs[t]))
            data.append((x, head(target(x))))
        heads.append(head)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=decay)
    losses = []
    for epoch in order:
        for t, batches in enumerate(epoch):
            x, y = data[t]
            for batch in batches:
                own = torch.tensor(batch[batch >= 0])
                optimizer.zero_grad()
                loss = torch.nn.functional.mse_loss(heads[t](model(x[own])), y[own])
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
    return np.array(losses)


def networks(depth):
    start, truth = (MLP(8, 16, d, key=jax.random.key(d)) for d in (depth, 5))
    return start, truth


@pytest.mark.parametrize("depth", [8, 2])
def test_losses_agree_over_300_steps(depth):
    """In float64, relative 1e-4 as promised; in fact they agree far better."""
    start, truth = networks(depth)
    key = jax.random.key(100)
    ours = pretrain(start, truth, preset=RECIPE, key=key).losses
    theirs = torch_losses(start, truth, RECIPE, key)
    assert ours.shape == theirs.shape == (300,)
    worst = np.max(np.abs(ours / theirs - 1))
    print(f"depth {depth}: largest relative difference of 300 losses {worst:.1e}")
    assert worst <= 1e-4
    assert theirs[-30:].mean() < theirs[:30].mean()


@pytest.mark.parametrize("wrong", [{"decay": 0.0}, {"rate": 1.1e-3}])
def test_another_optimizer_would_be_noticed(wrong):
    start, truth = networks(2)
    key = jax.random.key(100)
    ours = pretrain(start, truth, preset=RECIPE, key=key).losses
    theirs = torch_losses(start, truth, RECIPE, key, **wrong)
    assert np.max(np.abs(ours / theirs - 1)) > 1e-4


def test_adamw_heads_are_torch_s():
    """Two tasks of 80 inputs, 100 epochs, every head trained in PyTorch on its own."""
    x = jax.random.normal(jax.random.key(0), (1, 2, 80, 16))
    y = jax.random.normal(jax.random.key(1), (1, 2, 80, 2))
    key, mesh = jax.random.key(2), mesh_of(1, 2)
    weights, biases = descend_heads(x, y, epochs=100, mesh=mesh, key=key)
    rng = np.random.default_rng(np.asarray(jax.random.key_data(key)))
    start = rng.uniform(-0.25, 0.25, (1, 2, 17, 2))
    order = training_batches(Recipe(tasks=1, inputs=80), 0, 100, key=key)[:, 0]
    for task in range(2):
        for output in range(2):
            head = torch.nn.Linear(16, 1, dtype=torch.float64)
            with torch.no_grad():
                head.weight.copy_(torch.tensor(start[0, task, :-1, output][None]))
                head.bias.copy_(torch.tensor(start[0, task, -1:, output]))
            optimizer = torch.optim.AdamW(head.parameters(), lr=1e-3, weight_decay=0.01)
            features = torch.tensor(np.asarray(x[0, task]))
            labels = torch.tensor(np.asarray(y[0, task, :, output]))[:, None]
            for batch in order.reshape(-1, 32):
                own = torch.tensor(batch[batch >= 0])
                optimizer.zero_grad()
                torch.nn.functional.mse_loss(head(features[own]), labels[own]).backward()
                optimizer.step()
            np.testing.assert_allclose(
                weights[0, task, :, output], head.weight.detach().numpy()[0], rtol=1e-8, atol=1e-12
            )
            np.testing.assert_allclose(biases[0, task, output], head.bias.item(), rtol=1e-8)


def test_layers_start_alike():
    """PyTorch's nn.Linear and our MLP draw weights and biases from ±1/√fan_in."""
    torch.manual_seed(0)
    theirs = torch.nn.Linear(400, 300)
    ours = MLP(400, 300, 1, dtype=jnp.float32, key=jax.random.key(0)).layers[0]
    for name in ("weight", "bias"):
        a = getattr(theirs, name).detach().numpy().ravel()
        b = np.ravel(getattr(ours, name))
        assert abs(a).max() <= 0.05
        assert abs(b).max() <= 0.05
        np.testing.assert_allclose(
            np.quantile(a, [0.1, 0.5, 0.9]), np.quantile(b, [0.1, 0.5, 0.9]), atol=0.006
        )


def test_the_package_needs_no_torch():
    program = "import sys; from w2s_jax.experiments.synthetic import run_figure2"
    program += "; print('torch' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ
    )
    assert found.stdout.strip() == "False"
