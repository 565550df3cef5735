int touch(int a[], int i)
{
    return a[i]++;
}

int look(int a[], int i)
{
    return a[i];
}

int f(int a[], int b[], int i)
{
    i = i++; //~ E0022 the value depends on which of two writes comes first
    i = i++ + ++i; //~ E0022 which of two writes
    a[i] = i++; //~ E0022 `i` is written and read in no given order
    i = touch(a, i++) + i; //~ E0022 `i` is written and read
    i = look(a, i++) + look(a, i++); //~ E0022 which of two writes
    look(a, touch(a, 0) + touch(a, 1)); //~ E0022 which of two writes
    i = touch(a, 0) + look(a, 0); //~ E0022 written and read
    i = touch(a, 0) + touch(b, 0); //~ E0022 which of two writes
    i = a[0] + (b[0] = 1); //~ E0022 written and read
    i += i = 1; //~ E0022 `i` is written and read
    a[a[0]++] = a[1]; //~ E0022 which of two writes
    int c[2] = {i, i++}; //~ E0022 `i` is written and read
    i = (i = 1); //~ E0022 which of two writes
    return i;
}

int g(int a[], int n)
{
    a[n] = n;
    return n ? g(a, n - 1) + g(a, n - 2) : 0; //~ E0022 which of two writes
}
