int late() { return early; } //~ E0012 `early` is used before it is declared
int early = 3;
int fixed = early + 1; //~ E0001 a constant is wanted here
const int zero = 0;
int *link; //~ E0002 global and static pointers are
int table[2] = {1, 2, 3}; //~ E0021 3 values for an array of 2
int open[]; //~ E0020 the array `open` has no length
int early; //~ E0011 `early` is declared twice in this scope
unsigned many[2] = {1, late()}; //~ E0013 unknown function `late`
int huge[1000][1000], more[1000][1000], most[1000][1000], last[1000][1000], beyond[1000][1000]; //~ E0024 take more than

int f(int x)
{
    static int calls = x; //~ E0001 a constant is wanted here
    static int *p; //~ E0002 global and static pointers are
    zero = 1; //~ E0016 `zero` is `const` and cannot be written
    table = 5; //~ E0016 the array `table` cannot be assigned as a whole
    early[0] = 5; //~ E0015 `early` is an `int` and has no elements
    table(1); //~ E0015 `table` is a variable and cannot be called
    x = table; //~ E0015 the array `table` is used as an `int`
    if (x)
        static int n = 1; //~ E0023 a declaration cannot stand here without braces
    return calls + x;
}
