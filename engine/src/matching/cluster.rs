//! Which records are one person altogether?

use super::matcher::{Matcher, Pair};

/// How much two clusters may lack on the average pair to be one: a little less than what a single pair needs to be
/// looked at.
pub(super) fn clusters(matcher: &Matcher, pairs: &[Pair]) -> Vec<Vec<usize>> {
    let mut strongest: Vec<&Pair> = pairs.iter().filter(|pair| pair.is_same).collect();
    strongest.sort_by(|one, other| {
        other
            .score
            .total_cmp(&one.score)
            .then((one.left, one.right).cmp(&(other.left, other.right)))
    });
    let mut of_row: std::collections::HashMap<usize, usize> = std::collections::HashMap::new();
    let mut clusters: Vec<Vec<usize>> = Vec::new();
    for pair in strongest {
        let mut place = |row: usize| {
            *of_row.entry(row).or_insert_with(|| {
                clusters.push(vec![row]);
                clusters.len() - 1
            })
        };
        let (one, other) = (place(pair.left), place(pair.right));
        if one == other || !belong_together(matcher, &clusters, one, other) {
            continue;
        }
        let moved = clusters
            .get_mut(other)
            .map(std::mem::take)
            .unwrap_or_default();
        for row in &moved {
            of_row.insert(*row, one);
        }
        if let Some(cluster) = clusters.get_mut(one) {
            cluster.extend(moved);
        }
    }
    clusters.retain(|cluster| cluster.len() > 1);
    for cluster in &mut clusters {
        cluster.sort_unstable();
    }
    clusters.sort_unstable();
    clusters
}

/// Whether all pairs between two clusters are, taken together, worth looking at: a chain of which the ends have nothing
/// in common is none.
fn belong_together(matcher: &Matcher, clusters: &[Vec<usize>], one: usize, other: usize) -> bool {
    let (Some(one), Some(other)) = (clusters.get(one), clusters.get(other)) else {
        return false;
    };
    if one.len() + other.len() > matcher.settings().largest_cluster {
        return false;
    }
    let pairs = one
        .iter()
        .flat_map(|row| other.iter().map(move |other| (*row, *other)));
    let sum: f64 = pairs.map(|(row, other)| matcher.score(row, other)).sum();
    sum / (one.len() * other.len()) as f64 >= matcher.settings().perhaps
}
