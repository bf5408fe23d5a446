# fish completion for chatroom and chatroom-server: the options that --help lists, and files.
for program in chatroom chatroom-server
    complete -c $program -n 'string match -q -- "-*" (commandline -ct)' -f \
        -a "($program --help | string match -r -g '^ +(--[a-z-]+)')"
end
