"""Translation of names by rules."""
from mmpose_video.weights.converters import counted_from_one, translate


def test_first_rule_decides():
    rules = [('a.b', 'x'), ('a', 'y')]
    assert translate(['a.b.c', 'a.c'], rules).renamed == {
        'a.b.c': 'x.c', 'a.c': 'y.c'}


def test_rules_match_whole_parts_from_the_start():
    result = translate(['conv1.weight', 'conv11.weight', 'x.conv1.bias'],
                       [('conv1', 'c')])
    assert result.renamed == {'conv1.weight': 'c.weight'}
    assert result.unknown == ['conv11.weight', 'x.conv1.bias']


def test_unused_rules_are_named():
    assert translate(['a.w'], [('a', 'x'), ('b', 'y')]).unused == ['b']


def test_groups():
    result = translate(['dcn_3.bias', 'd_2_9.bias'],
                       [(r'dcn_(\d)', counted_from_one('neck.{}')),
                        (r'd_(\d)_(\d)', r'neck.\2.\1')])
    assert list(result.renamed.values()) == ['neck.2.bias', 'neck.9.2.bias']


def test_inner_rules_leave_the_backbone_alone():
    result = translate(['b.bn.w', 'n.bn.w'],
                       [('b', 'backbone'), ('n', 'neck')],
                       [(r'\.bn\.', '.1.')])
    assert list(result.renamed.values()) == ['backbone.bn.w', 'neck.1.w']
