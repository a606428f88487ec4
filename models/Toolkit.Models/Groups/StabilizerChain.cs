namespace Toolkit.Models.Groups;

/// <summary>
/// Base, strong generating set and basic transversals of a permutation group by the incremental Schreier–Sims
/// algorithm, deterministic, in the order of steps that numbers the elements of the published checkpoints.
/// </summary>
/// <remarks>
/// D. Holt, B. Eick, E. O'Brien, "Handbook of Computational Group Theory" (2005), 4.4.2. An element is
/// u₀[j₀]∘u₁[j₁]∘…, rightmost first; <see cref="Elements"/> runs the last level outermost and the sorted orbit of level
/// 0 fastest. Inside this class a∘b applies b first, as the transversals are published.
/// </remarks>
internal sealed class StabilizerChain
{
    private readonly List<int> _base = [];
    private readonly List<List<int[]>> _levels = [];
    private readonly List<Dictionary<int, int[]>> _transversals = [];
    private readonly int[] _identity;

    /// <summary>Builds the chain, or stops with a lower bound of the order as soon as that exceeds the limit.</summary>
    public StabilizerChain(int degree, IReadOnlyList<int[]> generators, long limit = long.MaxValue)
    {
        _identity = [.. Enumerable.Range(0, degree)];
        var strong = generators.Where(generator => !generator.AsSpan().SequenceEqual(_identity)).ToList();
        foreach (var generator in strong.Where(generator => _base.TrueForAll(point => generator[point] == point)))
        {
            _base.Add(Array.FindIndex(_identity, point => generator[point] != point));
        }

        Distribute(strong);
        BuildTransversals();
        Complete(strong, limit);
        if (Order > limit)
        {
            return;
        }

        Distribute(strong);
        BuildTransversals();
    }

    public IReadOnlyList<int> Base => _base;

    public IReadOnlyList<IReadOnlyDictionary<int, int[]>> Transversals => _transversals;

    /// <summary>The number of elements; saturates at <see cref="long.MaxValue"/>.</summary>
    public long Order
    {
        get
        {
            long order = 1;
            foreach (var level in _transversals)
            {
                order = order > long.MaxValue / level.Count ? long.MaxValue : order * level.Count;
            }

            return order;
        }
    }

    /// <summary>All elements in the published order; call only where <see cref="Order"/> is small.</summary>
    public List<int[]> Elements()
    {
        List<int[]> elements = [_identity];
        for (var level = 0; level < _transversals.Count; level++)
        {
            var inner = elements;
            elements = [];
            foreach (var point in _transversals[level].Keys.Order())
            {
                elements.AddRange(inner.Select(element => After(element, _transversals[level][point])));
            }
        }

        return elements;
    }

    private static int[] After(int[] outer, int[] inner) => Permutation.Multiply(inner, outer);

    private void Distribute(List<int[]> strong)
    {
        _levels.Clear();
        var deepest = 0;
        _levels.AddRange(_base.Select(_ => new List<int[]>()));
        foreach (var generator in strong)
        {
            var level = 0;
            while (level < _base.Count - 1 && generator[_base[level]] == _base[level])
            {
                level++;
            }

            deepest = Math.Max(deepest, level);
            for (var k = 0; k <= level; k++)
            {
                _levels[k].Add(generator);
            }
        }

        for (var level = deepest + 1; level < _base.Count; level++)
        {
            _levels[level].Add(_identity);
        }
    }

    private void BuildTransversals()
    {
        _transversals.Clear();
        for (var level = 0; level < _base.Count; level++)
        {
            _transversals.Add(Transversal(level));
        }
    }

    private Dictionary<int, int[]> Transversal(int level)
    {
        var reached = new Dictionary<int, int[]> { [_base[level]] = _identity };
        var queue = new Queue<int>([_base[level]]);
        while (queue.TryDequeue(out var point))
        {
            foreach (var generator in _levels[level])
            {
                if (!reached.ContainsKey(generator[point]))
                {
                    reached[generator[point]] = After(generator, reached[point]);
                    queue.Enqueue(generator[point]);
                }
            }
        }

        return reached;
    }

    private void Complete(List<int[]> strong, long limit)
    {
        for (var level = _base.Count - 1; level >= 0 && Order <= limit;)
        {
            level = NextGenerator(level) is { } found ? Insert(found.Element, found.Level, level, strong) : level - 1;
        }
    }

    /// <summary>
    /// The first Schreier generator of a level that the levels below do not contain yet, sifted, and the level it
    /// dropped out at.
    /// </summary>
    private (int[] Element, int Level)? NextGenerator(int level)
    {
        var transversal = _transversals[level];
        foreach (var (point, coset) in transversal)
        {
            foreach (var generator in _levels[level])
            {
                var target = transversal[generator[point]];
                var moved = After(generator, coset);
                if (moved.AsSpan().SequenceEqual(target))
                {
                    continue;
                }

                if (Sift(After(Permutation.Invert(target), moved), level) is { } residue)
                {
                    return residue;
                }
            }
        }

        return null;
    }

    private (int[] Element, int Level)? Sift(int[] element, int level)
    {
        for (var i = level + 1; i < _base.Count; i++)
        {
            var image = element[_base[i]];
            if (image == _base[i])
            {
                continue;
            }

            if (!_transversals[i].TryGetValue(image, out var coset))
            {
                return (element, i + 1);
            }

            if (element.AsSpan().SequenceEqual(coset))
            {
                return null;
            }

            element = After(Permutation.Invert(coset), element);
        }

        return (element, _base.Count + 1);
    }

    private int Insert(int[] element, int dropped, int level, List<int[]> strong)
    {
        if (dropped == _base.Count + 1)
        {
            _base.Add(Array.FindIndex(_identity, point => element[point] != point));
            _levels.Add([]);
            _transversals.Add([]);
        }

        strong.Add(element);
        for (var i = level + 1; i < dropped; i++)
        {
            _levels[i].Add(element);
            _transversals[i] = Transversal(i);
        }

        return dropped - 1;
    }
}
