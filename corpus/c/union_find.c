// Components of a graph of ten nodes.
// returns 3

int root(int parent[], int x) {
    while (parent[x] != x) {
        parent[x] = parent[parent[x]];
        x = parent[x];
    }
    return x;
}

int main(void) {
    int parent[10];
    int count = 10;
    for (int i = 0; i < 10; i++) {
        parent[i] = i;
    }
    for (int i = 0; i < 7; i++) {
        int a = root(parent, i);
        int b = root(parent, i + 3);
        if (a != b) {
            parent[a] = b;
            count--;
        }
    }
    return count;
}
