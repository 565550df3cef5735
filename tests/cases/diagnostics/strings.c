int main()
{
    f("hello" "\n");
    int c = ''; //~ E0001 a character constant holds one character
    return 0;
}
